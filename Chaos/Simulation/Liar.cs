using ZeroK.Wire;

namespace ZeroK.Chaos.Simulation;

/// <summary>What a dishonest relay makes of its answers. It lies seldom, so that its devices go on believing it.</summary>
internal sealed class Liar(World world, Lie lie)
{
    private const double Seldom = 0.1;

    private readonly Dictionary<DeviceId, ulong> _refused = [];

    /// <summary>A false answer to a push that is thrown away; null: honest this time.</summary>
    public WireMessage? Answers(DeviceId device, Push push)
    {
        if (_refused.Remove(device, out var first) && push.Blobs[0].Sequence > first) return AckOf(push);
        if (Lies(Lie.Discard)) return AckOf(push);
        if (!Lies(Lie.Overtake)) return null;
        _refused[device] = push.Blobs[0].Sequence;
        return new ErrorMessage(ErrorCode.StoreUnavailable, 100, "");
    }

    private static PushAck AckOf(Push push) => new([.. push.Blobs.Select(b => new PushResult(b.Id, ErrorCode.None, new Cursor(1_000_000), 0, 0))]);

    public Welcome Greet(Welcome welcome) =>
        welcome.Head.Value > 1 && Lies(Lie.Rollback) ? welcome with { Head = new Cursor(welcome.Head.Value / 2) } : welcome;

    public PullResponse Show(PullResponse page)
    {
        var present = Enumerable.Range(0, page.Blobs.Count).Where(i => page.Blobs[i].State == BlobState.Present).ToList();
        if (present.Count == 0) return page;
        var blobs = page.Blobs.ToList();
        var (first, last) = (present[0], present[^1]);
        if (Lies(Lie.Omit)) blobs[first] = blobs[first] with { State = BlobState.Forgotten, Envelope = default };
        else if (present.Count > 1 && Lies(Lie.Replay)) blobs[last] = blobs[first] with { Cursor = blobs[last].Cursor };
        else if (present.Count > 1 && Lies(Lie.Swap)) (blobs[first], blobs[last]) = (blobs[last] with { Cursor = blobs[first].Cursor }, blobs[first] with { Cursor = blobs[last].Cursor });
        else if (Lies(Lie.Corrupt)) blobs[first] = blobs[first] with { Envelope = Flipped(blobs[first].Envelope) };
        else if (blobs.Count > 1 && Lies(Lie.Hole)) blobs.RemoveAt(first);
        return page with { Blobs = blobs };
    }

    private bool Lies(Lie which)
    {
        if (lie != which || !world.Chance(Seldom) || world.IsHealing) return false;
        world.Injected("lie", (int)which);
        return true;
    }

    private byte[] Flipped(ReadOnlyMemory<byte> envelope)
    {
        var bytes = envelope.ToArray();
        bytes[world.Dice.Next(bytes.Length)] ^= (byte)(1 << world.Dice.Next(8));
        return bytes;
    }
}
