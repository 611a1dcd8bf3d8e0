using System.Buffers;
using System.Security.Cryptography;
using ZeroK.Content;

namespace ZeroK.Client.Content;

/// <summary>Takes verified bytes of a sealed object in order and hands out the content of a range, segment by segment.</summary>
/// <remarks>One segment of memory. Feed it the bytes of <see cref="SealedBytes"/>, split in any way.</remarks>
internal sealed class SegmentReader : IDisposable
{
    private readonly SegmentCipher _cipher;
    private readonly long _from, _to, _end;
    private readonly byte[] _sealed = ArrayPool<byte>.Shared.Rent(SealedLayout.SegmentSize);
    private readonly byte[] _text = ArrayPool<byte>.Shared.Rent(SealedLayout.TextSize);
    private long _next;
    private int _gathered;

    /// <param name="cipher">The object's cipher; stays the caller's.</param>
    /// <param name="offset">Where in the content the range begins.</param>
    /// <param name="length">Its bytes; cut off at the content's end.</param>
    public SegmentReader(SegmentCipher cipher, long offset, long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        _cipher = cipher;
        _from = Math.Min(offset, cipher.Layout.Length);
        _to = _from + Math.Min(length, cipher.Layout.Length - _from);
        (_next, _end) = cipher.Layout.SegmentsOf(_from, _to - _from);
        SealedBytes = cipher.Layout.BytesOf(_next, _end);
    }

    /// <summary>Which bytes of the sealed object are needed.</summary>
    public (long Offset, long Length) SealedBytes { get; }

    /// <summary>Whether the whole range was handed out.</summary>
    public bool IsDone => _next == _end;

    /// <summary>Whether a segment did not open.</summary>
    public bool IsRefused { get; private set; }

    /// <summary>Adds the next verified bytes; writes what opens.</summary>
    /// <exception cref="ContentException">The bytes are those of the hash, but were not sealed under this content id and length.</exception>
    public async ValueTask AddAsync(ReadOnlyMemory<byte> verified, Stream destination, CancellationToken cancellationToken)
    {
        while (!verified.IsEmpty)
        {
            if (IsDone) throw new InvalidOperationException("The range is complete.");
            var need = _cipher.Layout.TextSizeOf(_next) + SealedLayout.TagSize;
            var count = Math.Min(verified.Length, need - _gathered);
            verified.Span[..count].CopyTo(_sealed.AsSpan(_gathered));
            _gathered += count;
            verified = verified[count..];
            if (_gathered == need) await OpenAsync(need, destination, cancellationToken).ConfigureAwait(false);
        }
    }

    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(_text);
        ArrayPool<byte>.Shared.Return(_text);
        ArrayPool<byte>.Shared.Return(_sealed);
    }

    private async ValueTask OpenAsync(int sealedBytes, Stream destination, CancellationToken cancellationToken)
    {
        IsRefused = !_cipher.TryOpen(_next, _sealed.AsSpan(0, sealedBytes), _text);
        if (IsRefused)
            throw new ContentException($"Segment {_next} does not open: the object is not what its reference says. Whoever sealed it made a mistake, or the key is another one.");
        var start = _next * SealedLayout.TextSize;
        var first = (int)Math.Clamp(_from - start, 0, SealedLayout.TextSize);
        var end = (int)Math.Clamp(_to - start, 0, sealedBytes - SealedLayout.TagSize);
        _next++;
        _gathered = 0;
        if (end > first) await destination.WriteAsync(_text.AsMemory(first, end - first), cancellationToken).ConfigureAwait(false);
    }
}
