using Xunit;
using ZeroK.Chaos.Proxy;

namespace ZeroK.Chaos.Tests.Proxy;

public sealed class FrameTamperTests
{
    private static readonly byte[] First = [0, 0, 2, 10, 11];
    private static readonly byte[] Second = [1, 0, 3, 20, 21, 22];
    private static readonly byte[] After = [99, 98, 97, 96];

    private static byte[] Pass(TamperPlan plan, int cut, out FrameTamper tamper)
    {
        byte[] all = [.. First, .. Second, .. After];
        tamper = new FrameTamper(plan);
        var output = new List<byte>();
        for (var at = 0; at < all.Length; at += cut) output.AddRange(tamper.Pass(all.AsSpan(at, Math.Min(cut, all.Length - at))));
        return [.. output];
    }

    public static TheoryData<int> Cuts => [1, 2, 3, 7, 64];

    [Theory, MemberData(nameof(Cuts))]
    public void A_bit_is_flipped_where_it_was_asked_for_and_nowhere_else(int cut) =>
        Assert.Equal([.. First, 1, 0, 3, 20, 21 ^ 8, 22, .. After], Pass(new(1, TamperAction.FlipBit, Offset: 4, Bit: 3), cut, out _));

    [Theory, MemberData(nameof(Cuts))]
    public void A_truncated_frame_ends_the_stream(int cut)
    {
        Assert.Equal([.. First, 1, 0, 3, 20], Pass(new(1, TamperAction.Truncate, Offset: 4), cut, out var tamper));
        Assert.True(tamper.Ends);
    }

    [Theory, MemberData(nameof(Cuts))]
    public void Silence_swallows_the_frame_and_all_after_it(int cut)
    {
        Assert.Equal(First, Pass(new(1, TamperAction.Silence), cut, out var tamper));
        Assert.False(tamper.Ends);
    }

    [Theory, MemberData(nameof(Cuts))]
    public void Repeat_inject_replace_and_relength_do_what_they_say(int cut)
    {
        Assert.Equal([.. First, .. Second, .. Second, .. After], Pass(new(1, TamperAction.Repeat), cut, out _));
        Assert.Equal([.. First, 5, 5, .. Second, .. After], Pass(new(1, TamperAction.InjectBefore, Bytes: new byte[] { 5, 5 }), cut, out _));
        Assert.Equal([.. First, 5, 5, .. After], Pass(new(1, TamperAction.Replace, Bytes: new byte[] { 5, 5 }), cut, out _));
        Assert.Equal([.. First, 1, 255, 255, 20, 21, 22, .. After], Pass(new(1, TamperAction.Relength, Bytes: new byte[] { 255, 255 }), cut, out _));
    }

    [Theory, MemberData(nameof(Cuts))]
    public void Without_an_action_everything_passes_and_frames_are_seen(int cut)
    {
        Assert.Equal([.. First, .. Second, .. After], Pass(new(1, TamperAction.None), cut, out var tamper));
        Assert.Equal([First, Second], tamper.Seen.Take(2));
        Assert.False(tamper.Done);
    }
}
