using System.Numerics;
using System.Security.Cryptography;
using ZeroK.Content.Internal;

namespace ZeroK.Content;

/// <summary>BLAKE3 of bytes that arrive in pieces. How they are split never changes the result.</summary>
/// <remarks>
/// Uses under 4 KiB whatever the length, and allocates nothing in <see cref="Update(ReadOnlySpan{byte})"/>.
/// Large pieces (64 KiB and more, powers of two) are fastest. Not for several threads at once. Disposing wipes a key.
/// </remarks>
public sealed class Blake3Hasher : IDisposable
{
    // 2^54 chunks of 1 KiB are 2^64 bytes: no tree is deeper. One more, since merging is put off (see Push).
    private const int DepthMax = 54 + 1;

    private readonly Blake3Mode _mode;
    private readonly SimdPath _path;
    private readonly byte[] _stack = new byte[DepthMax * Blake3Spec.HashSize];
    private int _depth;
    private ChunkState _chunk;
    private bool _disposed;

    /// <summary>Starts a plain hash.</summary>
    public Blake3Hasher() : this(Blake3Mode.Hash, Kernels.Best) { }

    internal Blake3Hasher(Blake3Mode mode, SimdPath path)
    {
        _mode = mode;
        _path = path;
        _chunk = new ChunkState(mode, 0);
    }

    /// <summary>Starts a keyed hash: a MAC or a PRF. The key has 32 bytes and is copied.</summary>
    /// <exception cref="ArgumentException">The key has another length.</exception>
    public static Blake3Hasher CreateKeyed(ReadOnlySpan<byte> key) => new(Blake3Mode.Keyed(key), Kernels.Best);

    /// <summary>Starts a key derivation: what is then added is the key material.</summary>
    /// <param name="context">A constant of the program that says what the key is for; see <see cref="Blake3.DeriveKey"/>.</param>
    /// <exception cref="ArgumentException">The context is empty.</exception>
    public static Blake3Hasher CreateDeriveKey(string context) => new(Blake3Mode.DeriveKey(context, Kernels.Best), Kernels.Best);

    /// <summary>Bytes added so far.</summary>
    public ulong Length => (_chunk.Counter * Blake3Spec.ChunkSize) + (ulong)_chunk.Length;

    /// <summary>Adds bytes.</summary>
    public void Update(ReadOnlySpan<byte> data) => Update(data, 1);

    /// <summary>Adds bytes, using up to <paramref name="degreeOfParallelism"/> threads where the piece is large (from about 2 MiB).</summary>
    public unsafe void Update(ReadOnlySpan<byte> data, int degreeOfParallelism)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        ArgumentOutOfRangeException.ThrowIfLessThan(degreeOfParallelism, 1);
        if (_chunk.Length > 0)
        {
            var count = Math.Min(data.Length, Blake3Spec.ChunkSize - _chunk.Length);
            _chunk.Update(data[..count]);
            data = data[count..];
            if (data.IsEmpty) return;
            CloseChunk();
        }

        fixed (byte* bytes = data)
        {
            var next = bytes;
            long left = data.Length;

            // The last bytes always stay in the chunk: whether they are the root's is known only at the end.
            while (left > Blake3Spec.ChunkSize)
            {
                var length = NextSubtree(left);
                AddSubtree(next, length, degreeOfParallelism);
                next += length;
                left -= length;
            }

            if (left > 0)
            {
                Merge(_chunk.Counter);
                _chunk.Update(new ReadOnlySpan<byte>(next, (int)left));
            }
        }
    }

    /// <summary>Fills <paramref name="output"/> with the hash of what was added; any length. More may be added afterwards.</summary>
    public void Finish(Span<byte> output) => Root().RootBytes(0, output);

    /// <summary>The hash of what was added, 32 bytes. More may be added afterwards.</summary>
    public ContentHash Finish()
    {
        Span<byte> hash = stackalloc byte[Blake3Spec.HashSize];
        Finish(hash);
        return new ContentHash(hash);
    }

    /// <summary>The extended output of what was added, readable from any position.</summary>
    public Blake3Output FinishExtended() => new(Root());

    /// <summary>Starts again, with the same key.</summary>
    public void Reset()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        _depth = 0;
        _chunk = new ChunkState(_mode, 0);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_disposed) return;
        _disposed = true;
        _chunk = default;
        CryptographicOperations.ZeroMemory(_stack);
        _mode.Wipe();
    }

    // The largest whole subtree that may start here: a power of two of chunks, aligned to its size.
    internal long NextSubtree(long left)
    {
        var length = 1L << BitOperations.Log2((ulong)left);
        while (((ulong)(length - 1) & (_chunk.Counter * Blake3Spec.ChunkSize)) != 0) length >>= 1;
        return length;
    }

    private unsafe void AddSubtree(byte* data, long length, int degreeOfParallelism)
    {
        var counter = _chunk.Counter;
        var pair = stackalloc byte[2 * Blake3Spec.HashSize];
        if (length == Blake3Spec.ChunkSize)
        {
            Subtree.Chunks(_path, _mode, data, length, counter, pair);
            Push(pair, counter);
            _chunk = new ChunkState(_mode, counter + 1);
            return;
        }

        Subtree.Halves(_path, _mode, data, length, counter, pair, degreeOfParallelism);
        AddHalves(pair, length);
    }

    /// <summary>Adds a subtree of at least two chunks, which must be one that <see cref="NextSubtree"/> allows here, by the chaining values of its halves.</summary>
    internal unsafe void AddHalves(byte* pair, long length)
    {
        // Both halves stay apart: if nothing follows, their parent is the root.
        var counter = _chunk.Counter;
        var chunks = (ulong)(length / Blake3Spec.ChunkSize);
        Push(pair, counter);
        Push(pair + Blake3Spec.HashSize, counter + (chunks / 2));
        _chunk = new ChunkState(_mode, counter + chunks);
    }

    private unsafe void CloseChunk()
    {
        var value = stackalloc byte[Blake3Spec.HashSize];
        _chunk.Node().ChainingValue(new Span<byte>(value, Blake3Spec.HashSize));
        Push(value, _chunk.Counter);
        _chunk = new ChunkState(_mode, _chunk.Counter + 1);
    }

    // Merging is put off until more input is there, so that the root is never merged as if it were a mere parent (paper, section 5.1.2).
    private unsafe void Push(byte* value, ulong chunksBefore)
    {
        Merge(chunksBefore);
        new ReadOnlySpan<byte>(value, Blake3Spec.HashSize).CopyTo(_stack.AsSpan(_depth * Blake3Spec.HashSize));
        _depth++;
    }

    // After n chunks, the stack holds one complete subtree for each 1 bit of n.
    private void Merge(ulong chunks)
    {
        var target = BitOperations.PopCount(chunks);
        while (_depth > target)
        {
            var pair = _stack.AsSpan((_depth - 2) * Blake3Spec.HashSize, 2 * Blake3Spec.HashSize);
            OutputNode.Parent(_mode, pair).ChainingValue(pair);
            _depth--;
        }
    }

    private OutputNode Root()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_depth == 0) return _chunk.Node();
        var left = _depth;
        OutputNode node;
        if (_chunk.Length > 0)
        {
            node = _chunk.Node();
        }
        else
        {
            left -= 2;
            node = OutputNode.Parent(_mode, _stack.AsSpan(left * Blake3Spec.HashSize));
        }

        Span<byte> pair = stackalloc byte[2 * Blake3Spec.HashSize];
        while (left > 0)
        {
            left--;
            _stack.AsSpan(left * Blake3Spec.HashSize, Blake3Spec.HashSize).CopyTo(pair);
            node.ChainingValue(pair[Blake3Spec.HashSize..]);
            node = OutputNode.Parent(_mode, pair);
        }

        return node;
    }
}
