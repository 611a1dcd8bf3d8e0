using System.Buffers.Binary;
using ZeroK.Noise;
using ZeroK.Transport;
using ZeroK.Wire;

namespace ZeroK.Channel.Internal;

/// <summary>Takes frames out of transport messages. Lengths are checked before what they announce is buffered; what a begun frame holds is counted, and it must come in time. Idle, it holds no buffer.</summary>
internal sealed class FrameReceiver(IByteStream stream, NoiseSession noise, ChannelOptions options)
{
    private const int LengthBytes = 2;
    private const int ReadBytes = 16 * 1024;

    private readonly PooledBuffer _raw = new();
    private readonly PooledBuffer _frames = new();
    private readonly HeldBytes _held = new(options);
    private readonly FrameClock _clock = new(options.FrameTimeout, options.BytesPerSecondMin, options.Time);
    private ChannelException? _broken;
    private int _whole;

    public async ValueTask<WireFrame?> ReceiveAsync(int frameBytesMax, CancellationToken cancellationToken)
    {
        if (_broken is not null) throw new ChannelException(_broken.Failure, _broken.Message, _broken);
        try
        {
            while (true)
            {
                if (TakeFrame(frameBytesMax) is { } frame) return frame;
                if (!await OpenNextAsync(cancellationToken).ConfigureAwait(false)) return null;
            }
        }
        catch (ChannelException e)
        {
            _broken = e;
            throw;
        }
        catch (OperationCanceledException e) when (_clock.IsLate && !cancellationToken.IsCancellationRequested)
        {
            throw _broken = new ChannelException(ChannelFailure.Timeout, $"A frame did not come within {options.FrameTimeout.TotalSeconds:0.#} s, and a second more for each {options.BytesPerSecondMin} bytes of it.", e);
        }
        catch (OperationCanceledException)
        {
            // A transport may have thrown away what it was reading: going on would lose bytes unseen.
            _broken = new ChannelException(ChannelFailure.Closed, "A receive was cancelled; the channel can't be read any more.");
            throw;
        }
        catch (Exception e) when (e is TransportException or ObjectDisposedException)
        {
            throw _broken = new ChannelException(ChannelFailure.Transport, "The connection broke.", e);
        }
        finally
        {
            // A session that waits for its next frame keeps no timer.
            _clock.Stop();
            _clock.Drop();
            if (_broken is not null) _held.Close();
        }
    }

    /// <summary>Nothing more is read: what was counted is given back.</summary>
    public void Close() => _held.Close();

    private WireFrame? TakeFrame(int frameBytesMax)
    {
        var bytes = _frames.WrittenSpan;
        _whole = 0;
        if (bytes.Length < WireCodec.LengthBytes) return null;
        var length = BinaryPrimitives.ReadUInt32BigEndian(bytes);
        if (!WireCodec.IsLengthAllowed(length, frameBytesMax))
        {
            var known = bytes.Length >= WireCodec.HeaderBytes;
            throw new ChannelException(length > 5 ? ChannelFailure.TooLarge : ChannelFailure.Malformed, $"A frame announces {length} bytes; 5 to {frameBytesMax} are allowed here.")
            {
                RequestId = known ? BinaryPrimitives.ReadUInt32BigEndian(bytes[(WireCodec.LengthBytes + 1)..]) : 0,
            };
        }

        var whole = WireCodec.LengthBytes + (int)length;
        if (bytes.Length < whole)
        {
            _whole = whole;
            return null;
        }

        if (!WireCodec.TryRead(_frames.Written[WireCodec.LengthBytes..whole], out var requestId, out var message, out var problem))
            throw new ChannelException(ChannelFailure.Malformed, problem) { RequestId = requestId };
        _frames.Consume(whole);
        _held.GiveBack(_raw.Capacity + _frames.Capacity);
        return new WireFrame(requestId, message);
    }

    /// <summary>Opens the next transport message into the frame buffer; false when the peer has completed its side between two frames.</summary>
    private async ValueTask<bool> OpenNextAsync(CancellationToken cancellationToken)
    {
        if (!await FillAsync(LengthBytes, cancellationToken).ConfigureAwait(false))
        {
            if (_raw.Length == 0 && _frames.Length == 0) return false;
            throw new ChannelException(ChannelFailure.Transport, "The peer closed the connection inside a frame.");
        }

        var length = BinaryPrimitives.ReadUInt16BigEndian(_raw.WrittenSpan);
        if (length < NoiseSession.TagBytes) throw new ChannelException(ChannelFailure.Malformed, "A transport message is shorter than its seal.");
        if (!await FillAsync(LengthBytes + length, cancellationToken).ConfigureAwait(false))
            throw new ChannelException(ChannelFailure.Transport, "The peer closed the connection inside a message.");
        var opened = length - NoiseSession.TagBytes;
        await _held.GrowAsync(_raw.Capacity + _frames.CapacityFor(opened, _whole), cancellationToken).ConfigureAwait(false);
        if (!noise.TryOpen(_raw.WrittenSpan.Slice(LengthBytes, length), _frames.GetMemory(Math.Max(opened, 1), _whole).Span[..opened]))
            throw new ChannelException(ChannelFailure.Cipher, "A message of the session did not open: it was changed on the way.");
        _frames.Advance(opened);
        _raw.Consume(LengthBytes + length);
        return true;
    }

    private async ValueTask<bool> FillAsync(int bytes, CancellationToken cancellationToken)
    {
        while (_raw.Length < bytes)
        {
            var begun = _raw.Length > 0 || _frames.Length > 0;

            // With nothing of a message there, wait without a buffer: an idle session should cost nothing.
            if (_raw.Length == 0) await ReceiveAsync(Memory<byte>.Empty, begun, cancellationToken).ConfigureAwait(false);
            var wanted = Math.Max(bytes - _raw.Length, ReadBytes);
            await _held.GrowAsync(_raw.CapacityFor(wanted, bytes) + _frames.Capacity, cancellationToken).ConfigureAwait(false);
            var count = await ReceiveAsync(_raw.GetMemory(wanted, bytes), begun, cancellationToken).ConfigureAwait(false);
            if (count == 0)
            {
                if (_raw.Length == 0) _raw.Release();
                return false;
            }

            _raw.Advance(count);
            _clock.Moved(count);
        }

        return true;
    }

    // Inside a frame the peer has a time limit, and what is held is counted; between two frames it may be silent, and nothing is.
    private async ValueTask<int> ReceiveAsync(Memory<byte> buffer, bool begun, CancellationToken cancellationToken)
    {
        if (!begun) return await stream.ReceiveAsync(buffer, cancellationToken).ConfigureAwait(false);
        _held.Count(_raw.Capacity + _frames.Capacity);
        var count = await stream.ReceiveAsync(buffer, _clock.Until(cancellationToken)).ConfigureAwait(false);
        _clock.Pause();
        return count;
    }
}
