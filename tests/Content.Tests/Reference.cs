using ZeroK.Content.Internal;

namespace ZeroK.Content.Tests;

/// <summary>The tree by its definition: recursive, slow, without any code of the builder.</summary>
internal static class Reference
{
    public static byte[] Outboard(ReadOnlySpan<byte> content, int chunkGroupLog)
    {
        var outboard = new List<byte>();
        Node(content, 0, chunkGroupLog, outboard);
        return [.. outboard];
    }

    private static byte[] Node(ReadOnlySpan<byte> bytes, ulong chunk, int chunkGroupLog, List<byte>? outboard)
    {
        var value = new byte[Blake3.HashSize];
        if (bytes.Length <= Blake3.ChunkSize)
        {
            var state = new ChunkState(Blake3Mode.Hash, chunk);
            state.Update(bytes);
            state.Node().ChainingValue(value);
            return value;
        }

        var left = Blake3.ChunkSize;
        while (2 * left < bytes.Length) left *= 2;

        // Pre-order: this parent's place comes before its children's.
        var isInside = bytes.Length <= Blake3.ChunkSize << chunkGroupLog;
        var place = outboard?.Count ?? 0;
        if (!isInside) outboard?.AddRange(new byte[64]);
        byte[] pair =
        [
            .. Node(bytes[..left], chunk, chunkGroupLog, isInside ? null : outboard),
            .. Node(bytes[left..], chunk + (ulong)(left / Blake3.ChunkSize), chunkGroupLog, isInside ? null : outboard),
        ];
        for (var i = 0; i < pair.Length && !isInside && outboard is not null; i++) outboard[place + i] = pair[i];
        OutputNode.Parent(Blake3Mode.Hash, pair).ChainingValue(value);
        return value;
    }
}
