namespace ZeroK.Fuzz.Tests.Engine;

/// <summary>One parser of bytes from outside, and what must hold for any bytes.</summary>
/// <param name="Name">Names the corpus file too.</param>
/// <param name="Seeds">Valid bytes, made by the code; the same in every run.</param>
/// <param name="Parse">What the bytes mean; null for the documented refusal. Any exception is a finding.</param>
public sealed record FuzzTarget(string Name, IReadOnlyList<byte[]> Seeds, Func<byte[], object?> Parse)
{
    /// <summary>What must hold of accepted bytes and their meaning: throws if it doesn't.</summary>
    public Action<byte[], object>? Verify { get; init; }

    /// <summary>Mends what would stop every mutation at the door: a checksum, a length.</summary>
    public Func<byte[], byte[]>? Repair { get; init; }

    /// <summary>Bytes that reading an input of a length may allocate.</summary>
    public Func<int, long> AllocationBytesMax { get; init; } = static length => (256 * 1024) + (64L * length);

    /// <summary>Whether the seeds are accepted: not so where a whole handshake would have to follow.</summary>
    public bool AcceptsSeeds { get; init; } = true;

    /// <summary>Bytes of an input.</summary>
    public int InputBytesMax { get; init; } = 16 * 1024;

    public override string ToString() => Name;
}
