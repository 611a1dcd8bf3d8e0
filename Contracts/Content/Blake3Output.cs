using ZeroK.Content.Internal;

namespace ZeroK.Content;

/// <summary>BLAKE3's extended output: up to 2^64 - 1 bytes, readable from any position (BLAKE3 paper, section 2.6).</summary>
public sealed class Blake3Output
{
    private readonly OutputNode _root;

    internal Blake3Output(in OutputNode root) => _root = root;

    /// <summary>Where the next <see cref="Read"/> begins, in bytes. May be set.</summary>
    public ulong Position { get; set; }

    /// <summary>Fills <paramref name="output"/> and moves on.</summary>
    /// <exception cref="ArgumentException">The output would end past 2^64 - 1.</exception>
    public void Read(Span<byte> output)
    {
        if ((ulong)output.Length > ulong.MaxValue - Position)
            throw new ArgumentException("BLAKE3's output ends at 2^64 - 1 bytes.", nameof(output));
        _root.RootBytes(Position, output);
        Position += (ulong)output.Length;
    }
}
