using System.Runtime.CompilerServices;
using Microsoft.Win32.SafeHandles;
using ZeroK.Content.Internal;

namespace ZeroK.Content;

/// <summary>BLAKE3 of files, with bounded memory: 256 KiB a thread and 128 KiB more, whatever the length.</summary>
public static class Blake3File
{
    // Threads share out a subtree of at most this size, and meet at its end.
    private const long SharedBytesMax = 1L << 30;

    /// <summary>Hashes a file from its start to its end.</summary>
    /// <param name="path">The file. Pipes and devices are read as streams, on one thread.</param>
    /// <param name="degreeOfParallelism">The most threads that read and hash; more pay from about 2 MiB.</param>
    /// <exception cref="ContentException">The file became shorter while it was read.</exception>
    /// <exception cref="IOException">It can't be read.</exception>
    public static ContentHash Hash(string path, int degreeOfParallelism = 1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(degreeOfParallelism, 1);
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        using var hasher = new Blake3Hasher();
        var buffer = new byte[Subtree.BatchBytes];
        var length = stream.CanSeek ? stream.Length : 0;
        if (degreeOfParallelism > 1)
        {
            for (var left = length; left >= 2 * Subtree.BatchBytes; left = length - (long)hasher.Length)
                AddShared(hasher, stream.SafeFileHandle, Math.Min(hasher.NextSubtree(left), SharedBytesMax), degreeOfParallelism);
            stream.Position = (long)hasher.Length;
        }

        int count;
        while ((count = stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false)) > 0)
            hasher.Update(buffer.AsSpan(0, count));
        return hasher.Finish();
    }

    private static unsafe void AddShared(Blake3Hasher hasher, SafeFileHandle file, long length, int degreeOfParallelism)
    {
        var (start, batches) = ((long)hasher.Length, (int)(length / Subtree.BatchBytes));
        var values = GC.AllocateUninitializedArray<byte>(batches * Blake3Spec.HashSize, pinned: true);
        var output = (byte*)Unsafe.AsPointer(ref values[0]);
        Parallel.For(
            0,
            batches,
            new ParallelOptions { MaxDegreeOfParallelism = degreeOfParallelism },
            () => new byte[Subtree.BatchBytes],
            (batch, _, buffer) =>
            {
                var offset = start + ((long)batch * Subtree.BatchBytes);
                ReadExactly(file, buffer, offset);
                fixed (byte* data = buffer)
                    Subtree.ChainingValue(Kernels.Best, Blake3Mode.Hash, data, buffer.Length, (ulong)(offset / Blake3Spec.ChunkSize), output + (batch * Blake3Spec.HashSize));
                return buffer;
            },
            _ => { });
        Subtree.Reduce(Kernels.Best, Blake3Mode.Hash, output, batches, 2);
        hasher.AddHalves(output, length);
        GC.KeepAlive(values);
    }

    private static void ReadExactly(SafeFileHandle file, Span<byte> buffer, long offset)
    {
        while (!buffer.IsEmpty)
        {
            var count = RandomAccess.Read(file, buffer, offset);
            if (count == 0) throw new ContentException("The file became shorter while it was read. Start again.");
            buffer = buffer[count..];
            offset += count;
        }
    }
}
