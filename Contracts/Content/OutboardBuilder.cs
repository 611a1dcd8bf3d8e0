using ZeroK.Content.Internal;

namespace ZeroK.Content;

/// <summary>Takes bytes of an outboard, to be written at <paramref name="offset"/>. Calls come in no particular order; each byte comes once.</summary>
/// <param name="offset">Where in the outboard.</param>
/// <param name="parents">One or more parents, 64 bytes each.</param>
public delegate void OutboardWriter(long offset, ReadOnlySpan<byte> parents);

/// <summary>Computes an object's hash and its outboard in one pass over its bytes, which arrive in pieces of any size.</summary>
/// <remarks>
/// The length must be known before (a parent's place in pre-order follows from it). Uses about 300 KiB; several threads use up to 100 KiB more.
/// Not for several threads at once.
/// </remarks>
public sealed class OutboardBuilder
{
    private readonly ContentTree _tree;
    private readonly OutboardWriter? _write;
    private readonly byte[] _buffer;
    private int _buffered;
    private long _groupsDone;
    private long _received;

    // Complete subtrees, from left to right, each smaller than the one before; as many groups as their sizes say.
    private readonly byte[] _values = new byte[DepthMax * Blake3Spec.HashSize];
    private readonly long[] _groups = new long[DepthMax];
    private int _depth;
    private const int DepthMax = 50;

    // What the batches at hand come to; grows once with the number of threads.
    private byte[] _batchParents = [];
    private byte[] _batchValues = [];

    /// <summary>Begins an outboard.</summary>
    /// <param name="tree">The object's length and chunk groups.</param>
    /// <param name="write">Takes the outboard; null if only the hash is wanted.</param>
    public OutboardBuilder(ContentTree tree, OutboardWriter? write)
    {
        _tree = tree;
        _write = write;
        _buffer = new byte[(int)Math.Min(Subtree.BatchBytes, Math.Max(1, tree.Length))];
    }

    /// <summary>Computes hash and outboard of an object in memory.</summary>
    public static byte[] Compute(ReadOnlySpan<byte> content, out ContentHash hash, int chunkGroupLog = ContentTree.DefaultChunkGroupLog, int degreeOfParallelism = 1)
    {
        var tree = new ContentTree(content.Length, chunkGroupLog);
        var outboard = new byte[tree.OutboardSize];
        var builder = new OutboardBuilder(tree, (offset, parents) => parents.CopyTo(outboard.AsSpan((int)offset)));
        builder.Update(content, degreeOfParallelism);
        hash = builder.Finish();
        return outboard;
    }

    /// <summary>Adds bytes, using up to <paramref name="degreeOfParallelism"/> threads where a piece is large (from about 1 MiB).</summary>
    /// <exception cref="ContentException">There are more bytes than the length said.</exception>
    public void Update(ReadOnlySpan<byte> data, int degreeOfParallelism = 1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(degreeOfParallelism, 1);
        if (data.Length > _tree.Length - _received)
            throw new ContentException($"The content is longer than the {_tree.Length} bytes that were announced: it changed while it was read. Start again.");
        _received += data.Length;

        // What fits into one batch is left to Finish: the batch may be the whole tree, and its top the root.
        while (!data.IsEmpty)
        {
            if (_buffered == 0 && data.Length >= Subtree.BatchBytes && _tree.Length > Subtree.BatchBytes)
            {
                data = data[AddBatches(data, degreeOfParallelism)..];
                continue;
            }

            var count = Math.Min(data.Length, _buffer.Length - _buffered);
            data[..count].CopyTo(_buffer.AsSpan(_buffered));
            _buffered += count;
            data = data[count..];
            if (_buffered < Subtree.BatchBytes || _tree.Length == Subtree.BatchBytes) continue;
            AddBatches(_buffer, 1);
            _buffered = 0;
        }
    }

    /// <summary>The hash; by then the whole outboard has been written.</summary>
    /// <exception cref="ContentException">Bytes are missing.</exception>
    public ContentHash Finish()
    {
        if (_received != _tree.Length)
            throw new ContentException($"The content ended after {_received} bytes of the {_tree.Length} that were announced: it changed while it was read. Start again.");

        Span<byte> value = stackalloc byte[Blake3Spec.HashSize];
        for (var at = 0; at < _buffered || _tree.Length == 0; at += _tree.GroupSize)
        {
            var group = _buffer.AsSpan(at, Math.Min(_tree.GroupSize, _buffered - at));
            NodeHash.Leaf(group, _groupsDone << _tree.ChunkGroupLog, _tree.GroupCount == 1, value);
            Push(value, 1);
            if (_tree.Length == 0) break;
        }

        _buffered = 0;
        while (_depth > 1) MergeTop();
        return new ContentHash(_values.AsSpan(0, Blake3Spec.HashSize));
    }

    private int GroupsOfBatch => Subtree.BatchChunks >> _tree.ChunkGroupLog;

    private int ParentBytesOfBatch => (GroupsOfBatch - 1) * ContentTree.ParentSize;

    // Takes whole batches of 256 chunks, at most 64 at a time; returns the bytes taken.
    private unsafe int AddBatches(ReadOnlySpan<byte> data, int degreeOfParallelism)
    {
        const int BatchesMax = 64;
        var batches = Math.Min(degreeOfParallelism == 1 ? 1 : BatchesMax, data.Length / Subtree.BatchBytes);
        if (_batchValues.Length < batches * Blake3Spec.HashSize)
        {
            _batchParents = new byte[batches * ParentBytesOfBatch];
            _batchValues = new byte[batches * Blake3Spec.HashSize];
        }

        var (parents, values) = (_batchParents, _batchValues);
        var firstChunk = _groupsDone << _tree.ChunkGroupLog;
        fixed (byte* pinned = data)
        {
            var bytes = pinned;
            var options = new ParallelOptions { MaxDegreeOfParallelism = degreeOfParallelism };
            if (batches == 1) Batch(bytes, firstChunk, parents, values);
            else
            {
                Parallel.For(0, batches, options, i => Batch(
                    bytes + ((long)i * Subtree.BatchBytes),
                    firstChunk + ((long)i * Subtree.BatchChunks),
                    parents.AsSpan(i * ParentBytesOfBatch, ParentBytesOfBatch),
                    values.AsSpan(i * Blake3Spec.HashSize, Blake3Spec.HashSize)));
            }
        }

        for (var i = 0; i < batches; i++)
        {
            // A complete subtree's parents lie side by side in pre-order.
            if (GroupsOfBatch > 1)
                Write(_tree.IndexOf(_groupsDone, GroupsOfBatch), parents.AsSpan(i * ParentBytesOfBatch, ParentBytesOfBatch));
            Push(values.AsSpan(i * Blake3Spec.HashSize, Blake3Spec.HashSize), GroupsOfBatch);
        }

        return batches * Subtree.BatchBytes;
    }

    // 256 chunks that are not the whole tree: the parents above their groups, in pre-order, and the chaining value on top.
    private unsafe void Batch(byte* data, long startChunk, Span<byte> parents, Span<byte> value)
    {
        Span<byte> values = stackalloc byte[Subtree.BatchChunks * Blake3Spec.HashSize];
        NodeHash.Chunks(new ReadOnlySpan<byte>(data, Subtree.BatchBytes), startChunk, values);
        NodeHash.Reduce(values, Subtree.BatchChunks, GroupsOfBatch);
        var whole = new ContentTree(Subtree.BatchBytes, _tree.ChunkGroupLog);
        for (var (count, size) = (GroupsOfBatch, 2); count > 1; count /= 2, size *= 2)
        {
            for (var pair = 0; pair < count / 2; pair++)
            {
                var index = (int)whole.IndexOf((long)pair * size, size);
                values.Slice(pair * ContentTree.ParentSize, ContentTree.ParentSize).CopyTo(parents[(index * ContentTree.ParentSize)..]);
            }

            NodeHash.Reduce(values, count, count / 2);
        }

        values[..Blake3Spec.HashSize].CopyTo(value);
    }

    private void Push(ReadOnlySpan<byte> value, long groups)
    {
        value.CopyTo(_values.AsSpan(_depth * Blake3Spec.HashSize));
        _groups[_depth++] = groups;
        _groupsDone += groups;
        while (_depth > 1 && _groups[_depth - 1] == _groups[_depth - 2]) MergeTop();
    }

    private void MergeTop()
    {
        var pair = _values.AsSpan((_depth - 2) * Blake3Spec.HashSize, ContentTree.ParentSize);
        var groups = _groups[_depth - 2] + _groups[_depth - 1];
        Write(_tree.IndexOf(_groupsDone - groups, groups), pair);
        NodeHash.Parent(pair, groups == _tree.GroupCount, pair);
        _groups[--_depth - 1] = groups;
    }

    private void Write(long index, ReadOnlySpan<byte> parents) => _write?.Invoke(index * ContentTree.ParentSize, parents);
}
