using System.Buffers.Binary;

namespace ZeroK.Fuzz.Tests.Engine;

/// <summary>Changes bytes: bits, bytes, blocks, lengths, and pieces of other inputs.</summary>
internal sealed class Mutator(Random random)
{
    private const int ChangesMax = 4;

    // Numbers at which parsers go wrong, and the beginnings of the largest things that MessagePack can announce.
    private static readonly ulong[] Edges = [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, long.MaxValue, ulong.MaxValue];
    private static readonly byte[][] Tokens =
    [
        [0xdd, 0xff, 0xff, 0xff, 0xff], [0xdc, 0xff, 0xff], [0xc6, 0xff, 0xff, 0xff, 0xff], [0xc6, 0x7f, 0xff, 0xff, 0xff], [0xdb, 0xff, 0xff, 0xff, 0xff], [0xdf, 0xff, 0xff, 0xff, 0xff],
        [0xc0], [0xc1], [0x90], [0x9f], [0xc3], [0xcf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], [0xd3, 0x80, 0, 0, 0, 0, 0, 0, 0], [0xcb, 0x7f, 0xf0, 0, 0, 0, 0, 0, 0], [0xed, 0xa0, 0x80], [0x3f], [0x00],
    ];

    public byte[] Mutate(byte[] input, byte[] other, int bytesMax)
    {
        var bytes = input;
        for (var n = random.Next(1, ChangesMax + 1); n > 0; n--) bytes = Change(bytes, other);
        return bytes.Length > bytesMax ? bytes[..bytesMax] : bytes;
    }

    private byte[] Change(byte[] bytes, byte[] other)
    {
        if (bytes.Length == 0) return Insert(bytes, 0, Noise());
        var at = random.Next(bytes.Length);
        return random.Next(11) switch
        {
            0 => With(bytes, b => b[at] ^= (byte)(1 << random.Next(8))),
            1 => With(bytes, b => b[at] = (byte)random.Next(256)),
            2 => With(bytes, b => WriteEdge(b.AsSpan(at))),
            3 => With(bytes, b => b[at] += (byte)random.Next(-2, 3)),
            4 => Insert(bytes, at, Noise()),
            5 => Insert(bytes, at, Tokens[random.Next(Tokens.Length)]),
            6 => With(bytes, b => Over(b, at, Tokens[random.Next(Tokens.Length)])),
            7 => bytes[..at],
            8 => [.. bytes.AsSpan(0, at), .. bytes.AsSpan(Math.Min(bytes.Length, at + random.Next(1, 33)))],
            9 => Insert(bytes, at, Piece(bytes)),
            _ => Insert(bytes, at, Piece(other)),
        };
    }

    private void WriteEdge(Span<byte> at)
    {
        var value = Edges[random.Next(Edges.Length)];
        Span<byte> number = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(number, value);
        if (random.Next(2) == 0) number.Reverse();
        var width = Math.Min(1 << random.Next(4), at.Length);
        number[^width..].CopyTo(at);
    }

    private byte[] Noise()
    {
        var noise = new byte[random.Next(1, 9)];
        random.NextBytes(noise);
        return noise;
    }

    private byte[] Piece(byte[] from)
    {
        if (from.Length == 0) return [];
        var at = random.Next(from.Length);
        return from[at..Math.Min(from.Length, at + random.Next(1, 65))];
    }

    private static byte[] With(byte[] bytes, Action<byte[]> change)
    {
        var copy = bytes.ToArray();
        change(copy);
        return copy;
    }

    private static void Over(byte[] bytes, int at, byte[] piece) => piece.AsSpan(0, Math.Min(piece.Length, bytes.Length - at)).CopyTo(bytes.AsSpan(at));

    private static byte[] Insert(byte[] bytes, int at, byte[] piece) => [.. bytes.AsSpan(0, at), .. piece, .. bytes.AsSpan(at)];
}
