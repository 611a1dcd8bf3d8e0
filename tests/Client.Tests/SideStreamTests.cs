using Xunit;
using ZeroK.Client.Content;
using ZeroK.Client.Tests.Fakes;
using ZeroK.Content;
using ZeroK.Wire;

namespace ZeroK.Client.Tests;

/// <summary>Transfers on side streams of the session, where there are some.</summary>
public sealed class SideStreamTests
{
    private const uint StreamsMax = 4;

    [Fact]
    public async Task Each_of_two_transfers_has_its_own_stream_and_the_sync_has_the_main_one()
    {
        await using var rig = NewRig();
        using var patience = Rig.Patience();
        var release = new TaskCompletionSource();
        rig.Relay.Contents.Before = call => call.Call == ContentCall.Put ? release.Task : Task.CompletedTask;
        var client = rig.Start(1);
        var puts = new[] { PutAsync(client, 1), PutAsync(client, 2) };
        await Rig.UntilAsync(() => rig.Relay.Sides!.Open == 2, "two streams");
        await client.PushAsync("small"u8.ToArray(), cancellationToken: patience.Token);
        await client.FlushAsync(patience.Token);
        release.SetResult();
        var references = await Task.WhenAll(puts);
        Assert.Equal(2, rig.Relay.Sides!.Messages.Count);
        Assert.All(rig.Relay.Sides.Messages, stream => Assert.Single(stream.Select(HashOf).Distinct()));
        Assert.Equal(references.Select(r => r.Hash).Order(ByBytes), rig.Relay.Sides.Messages.Select(s => HashOf(s[0])).Order(ByBytes));
        Assert.Equal((0, 2), (rig.Relay.Sides.Open, rig.Relay.Sides.Closed));
        Assert.All(OnMain(rig), m => Assert.IsType<Push>(m));

        using var got = new MemoryStream();
        await client.GetContentAsync(references[0], got, cancellationToken: patience.Token);
        Assert.Equal(Bytes(1), got.ToArray());
        Assert.All(rig.Relay.Sides.Messages[2], m => Assert.IsType<ContentGet>(m));
        Assert.All(OnMain(rig), m => Assert.IsType<Push>(m));
    }

    [Theory]
    [InlineData(false, StreamsMax)]
    [InlineData(true, 0u)]
    public async Task Without_streams_transfers_go_on_the_main_one(bool hasThem, uint announced)
    {
        await using var rig = NewRig(announced);
        if (!hasThem) rig.Relay.Sides = null;
        var client = rig.Start(1);
        var reference = await PutAsync(client, 1);
        Assert.True(rig.Relay.Contents.Has(reference.Hash));
        Assert.Contains(OnMain(rig), m => m is ContentPiece);
        if (hasThem) Assert.Empty(rig.Relay.Sides!.Messages);
    }

    [Fact]
    public async Task Transfers_above_the_limit_go_on_the_main_one_and_the_next_finds_a_place_again()
    {
        await using var rig = NewRig(streamsMax: 1);
        var release = new TaskCompletionSource();
        rig.Relay.Contents.Before = call => call.Call == ContentCall.Put ? release.Task : Task.CompletedTask;
        var client = rig.Start(1);
        var first = PutAsync(client, 1);
        await Rig.UntilAsync(() => rig.Relay.Sides!.Open == 1, "the first has its stream");
        var second = PutAsync(client, 2);
        await Rig.UntilAsync(() => OnMain(rig).Any(m => m is ContentPut), "the second began");
        release.SetResult();
        await Task.WhenAll(first, second);
        Assert.Single(rig.Relay.Sides!.Messages);
        await PutAsync(client, 3);
        Assert.Equal(2, rig.Relay.Sides.Messages.Count);
    }

    [Fact]
    public async Task Transfer_whose_stream_is_refused_goes_on_the_main_one()
    {
        await using var rig = NewRig();
        rig.Relay.Sides!.Refuse = ErrorCode.RelayOverloaded;
        var client = rig.Start(1);
        var reference = await PutAsync(client, 1);
        using var got = new MemoryStream();
        await client.GetContentAsync(reference, got);
        Assert.Equal(Bytes(1), got.ToArray());
        Assert.All(rig.Relay.Sides.Messages, Assert.Empty);
        Assert.Equal(1, rig.Relay.Dials);
    }

    [Fact]
    public async Task Transfer_whose_stream_ends_in_the_middle_goes_on_the_main_one_from_what_the_relay_has()
    {
        await using var rig = NewRig();
        rig.Relay.Sides!.EndAfter = 6;
        var client = rig.Start(1);
        var reference = await PutAsync(client, 1);
        using var got = new MemoryStream();
        await client.GetContentAsync(reference, got);
        Assert.Equal(Bytes(1), got.ToArray());

        // The first that goes on the main stream asks what the relay has.
        var main = OnMain(rig).Where(m => m is not Push).ToList();
        Assert.IsType<ContentPut>(main[0]);
        Assert.True(((ContentPiece)main[1]).Offset > 0);
        Assert.Equal((2, 1), (rig.Relay.Sides.Messages.Count, rig.Relay.Dials));
    }

    [Fact]
    public async Task Transfer_goes_on_after_the_session_broke_on_a_stream_of_the_next_session()
    {
        await using var rig = NewRig();
        var cuts = 0;
        rig.Relay.Contents.Before = call =>
        {
            if (call.Call is ContentCall.Put or ContentCall.Get && call.Offset > 0 && cuts < 4 && Interlocked.Increment(ref cuts) <= 4) rig.Relay.Cut();
            return Task.CompletedTask;
        };
        var client = rig.Start(1);
        var reference = await PutAsync(client, 1);
        Assert.True(cuts > 0);
        Assert.True(rig.Relay.Sides!.Messages.Count > 1);
        Assert.DoesNotContain(OnMain(rig), m => m is ContentPiece);
        using var got = new MemoryStream();
        await client.GetContentAsync(reference, got);
        Assert.Equal(Bytes(1), got.ToArray());
        await Rig.UntilAsync(() => rig.Relay.Sides.Open == 0, "no stream is left");
    }

    [Fact]
    public async Task Transfer_that_is_given_up_closes_its_stream()
    {
        await using var rig = NewRig();
        var release = new TaskCompletionSource();
        rig.Relay.Contents.Before = call => call.Call == ContentCall.Put ? release.Task : Task.CompletedTask;
        var client = rig.Start(1);
        using var giveUp = new CancellationTokenSource();
        var putting = client.PutContentAsync(new MemoryStream(Bytes(1)), null, null, giveUp.Token);
        await Rig.UntilAsync(() => rig.Relay.Sides!.Messages is [{ Count: > 1 }], "pieces are under way");
        await giveUp.CancelAsync();
        release.SetResult();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => putting);
        await Rig.UntilAsync(() => rig.Relay.Sides!.Open == 0, "no stream is left");
        await PutAsync(client, 2);
    }

    private static IComparer<ContentHash> ByBytes { get; } = Comparer<ContentHash>.Create((a, b) => a.ToArray().AsSpan().SequenceCompareTo(b.ToArray()));

    private static Rig NewRig(uint streamsMax = StreamsMax)
    {
        var rig = new Rig();
        rig.Relay.Sides = new FakeSides();
        rig.Relay.Limits = rig.Relay.Limits with { StreamsMax = streamsMax };
        return rig;
    }

    private static byte[] Bytes(int seed)
    {
        var bytes = new byte[2_000_000];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    private static Task<ContentReference> PutAsync(SyncClient client, int seed) => client.PutContentAsync(new MemoryStream(Bytes(seed)), null, null, Rig.Patience().Token);

    // Without the small question for room, which is no part of a transfer.
    private static List<WireMessage> OnMain(Rig rig)
    {
        lock (rig.Relay.Order) return [.. rig.Relay.Order.Where(m => m is not ContentPut put || put.Hash.Span.ContainsAnyExcept((byte)0))];
    }

    private static ContentHash HashOf(WireMessage message) => new(message switch
    {
        ContentPut put => put.Hash.Span,
        ContentPiece piece => piece.Hash.Span,
        ContentRef finish => finish.Hash.Span,
        ContentGet get => get.Hash.Span,
        _ => throw new InvalidOperationException($"{message.Type} on a side stream."),
    });
}
