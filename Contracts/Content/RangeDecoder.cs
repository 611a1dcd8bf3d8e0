using ZeroK.Content.Internal;

namespace ZeroK.Content;

/// <summary>What <see cref="RangeDecoder.Read"/> came to.</summary>
public enum DecodeResult
{
    /// <summary>All input was taken, and more is needed.</summary>
    NeedsMore = 0,
    /// <summary>A verified parent, 64 bytes: keep it if you keep an outboard.</summary>
    Parent,
    /// <summary>Verified bytes of the object.</summary>
    Content,
    /// <summary>All of the range has been verified and handed out. Input was left alone.</summary>
    Done,
    /// <summary>The bytes are not those of the object. Final: drop the source. What was handed out before is good.</summary>
    Refused,
}

/// <summary>What was verified; good until the next call and while the input is left alone.</summary>
public readonly ref struct VerifiedPart
{
    internal VerifiedPart(long offset, ReadOnlySpan<byte> bytes)
    {
        Offset = offset;
        Bytes = bytes;
    }

    /// <summary>Of content: where it lies in the object. Of a parent: where it lies in the outboard, or -1 inside a group, where an outboard has none.</summary>
    public long Offset { get; }

    /// <summary>The verified bytes.</summary>
    public ReadOnlySpan<byte> Bytes { get; }
}

/// <summary>Takes the encoding of a range in pieces of any size, and hands out only what the object's hash vouches for (Bao spec, "Decoder" and "Slices").</summary>
/// <remarks>
/// No I/O, one group of memory. To resume after a stop, keep <see cref="VerifiedGroups"/> (once the bytes are safe) and
/// decode <see cref="ContentTree.FromGroup"/> of it with a new decoder: nothing else needs to be kept.
/// When the input ends before <see cref="DecodeResult.Done"/>, the encoding was cut off: <see cref="IsDone"/> is false.
/// </remarks>
public sealed class RangeDecoder
{
    private readonly ContentTree _tree;
    private readonly ChunkRange _range;
    private readonly PendingNodes _pending;
    private byte[]? _buffer;
    private int _buffered;
    private bool _refused;

    /// <summary>Begins to decode.</summary>
    /// <param name="root">The object's hash.</param>
    /// <param name="tree">Its length and chunk groups, as claimed.</param>
    /// <param name="range">The chunks that were asked for; clipped to the object (<see cref="ContentTree.Clip"/>).</param>
    public RangeDecoder(ContentHash root, ContentTree tree, ChunkRange range)
    {
        _tree = tree;
        _range = tree.Clip(range);
        _pending = new PendingNodes(root, tree, _range);
        VerifiedThrough = _range.Start * Blake3Spec.ChunkSize;
    }

    /// <summary>Where the next verified byte will lie; all bytes of the range before it have been handed out.</summary>
    public long VerifiedThrough { get; private set; }

    /// <summary>Whole groups, counted from the object's start, before <see cref="VerifiedThrough"/>. Those before the range count as the caller's own.</summary>
    public long VerifiedGroups => IsDone && VerifiedThrough == _tree.Length ? _tree.GroupCount : VerifiedThrough / _tree.GroupSize;

    /// <summary>Whether the object's last chunk has been verified, and with it the claimed length.</summary>
    public bool IsLengthVerified { get; private set; }

    /// <summary>Whether all of the range has been handed out.</summary>
    public bool IsDone => !_refused && !_pending.TryPeek(out _);

    /// <summary>Takes some input; call it again with the rest (even an empty one) until it needs more, is done, or refuses.</summary>
    /// <param name="input">The next bytes of the encoding.</param>
    /// <param name="consumed">How many of them were taken.</param>
    /// <param name="part">What was verified, for <see cref="DecodeResult.Parent"/> and <see cref="DecodeResult.Content"/>.</param>
    public DecodeResult Read(ReadOnlySpan<byte> input, out int consumed, out VerifiedPart part)
    {
        consumed = 0;
        part = default;
        if (_refused) return DecodeResult.Refused;
        if (!_pending.TryPeek(out var node)) return DecodeResult.Done;

        var isLeaf = _tree.IsLeafOf(node, _range);
        var need = isLeaf ? (int)_tree.BytesOf(node) : ContentTree.ParentSize;
        if (!TryGather(input, need, out consumed, out var bytes)) return DecodeResult.NeedsMore;
        if (!(isLeaf ? _pending.TryTakeLeaf(bytes) : _pending.TryTakeParent(bytes)))
        {
            _refused = true;
            _buffer = null;
            return DecodeResult.Refused;
        }

        if (!isLeaf)
        {
            part = new VerifiedPart(_tree.IsGroup(node) ? -1 : node.Index * ContentTree.ParentSize, bytes);
            return DecodeResult.Parent;
        }

        var offset = ContentTree.OffsetOf(node);
        VerifiedThrough = offset + need;
        IsLengthVerified |= node.End == _tree.ChunkCount;
        part = new VerifiedPart(offset, bytes);
        return DecodeResult.Content;
    }

    // A node that lies in the input as a whole is not copied.
    private bool TryGather(ReadOnlySpan<byte> input, int need, out int consumed, out ReadOnlySpan<byte> bytes)
    {
        if (_buffered == 0 && input.Length >= need)
        {
            consumed = need;
            bytes = input[..need];
            return true;
        }

        _buffer ??= new byte[Math.Max(ContentTree.ParentSize, (int)Math.Min(_tree.GroupSize, _tree.Length))];
        consumed = Math.Min(input.Length, need - _buffered);
        input[..consumed].CopyTo(_buffer.AsSpan(_buffered));
        _buffered += consumed;
        bytes = default;
        if (_buffered < need) return false;
        _buffered = 0;
        bytes = _buffer.AsSpan(0, need);
        return true;
    }
}
