using Orleans.Concurrency;
using ZeroK.Channel;
using ZeroK.GrainContracts;
using ZeroK.Wire;

namespace ZeroK.Gateway;

internal sealed partial class GatewaySession
{
    /// <summary>Reads HELLO and has it judged. False: refused, and the peer told so.</summary>
    private async Task<bool> AdmitAsync(CancellationToken helloDeadline)
    {
        _channel.FrameBytesMax = WireLimits.HelloFrameBytesMax;
        var read = await ReadHelloAsync(helloDeadline);
        if (read is not { } frame) return false;
        var hello = (Hello)frame.Message;
        Device = new DeviceId(_device = _channel.Remote.DeviceId(hello.SigningKey.Span));
        if (!HelloProof.IsSigned(hello, _channel.HandshakeHash.Span, Device))
            return await RefuseHelloAsync(frame.RequestId, ErrorCode.Unauthorized, 0);

        var pseudonym = _context.Pseudonyms.Of(hello.Group);
        var grain = _context.Groups.Find(pseudonym);
        (_group, _grain) = (pseudonym, grain);
        _context.Sessions.Add(pseudonym, this);

        var request = new Immutable<HelloRequest>(new HelloRequest(
            _device, _context.Silo, Bytes.ArrayOf(hello.AdmissionKey), HelloProof.GroupMatchesKey(hello), hello.CreateGroup, Bytes.ArrayOf(hello.SealedName)));
        var (reply, failed) = await _context.Caller.CallAsync(() => grain.HelloAsync(request));
        if (reply is null) return await RefuseHelloAsync(frame.RequestId, failed, (uint)_context.Options.RetryAfterMs);
        if (reply.Code != ErrorCode.None) return await RefuseHelloAsync(frame.RequestId, reply.Code, reply.RetryAfterMs);

        await WelcomeAsync(frame.RequestId, reply);
        return true;
    }

    private async Task<WireFrame?> ReadHelloAsync(CancellationToken helloDeadline)
    {
        var reading = ReceiveAsync();
        WireFrame? read;
        try
        {
            read = await reading.WaitAsync(helloDeadline);
        }
        catch (OperationCanceledException) when (helloDeadline.IsCancellationRequested)
        {
            _overtaken = reading;
            _context.Instruments.Handshake("no-hello");
            await RefuseAndCloseAsync(0, ErrorCode.Unauthorized, "No HELLO came in time: it must follow the handshake at once.");
            return null;
        }
        catch (ChannelException broken)
        {
            // The handshake's last part: the client's keys are proven only by its first frame.
            _context.Instruments.Handshake(broken.Failure.ToString());
            throw;
        }

        if (read is not { } frame)
        {
            _context.Instruments.Handshake("left");
            return null;
        }

        _context.Instruments.Message(frame.Message.Type);
        if (frame.Message is Hello) return frame;
        _context.Instruments.Handshake("no-hello");
        await RefuseAndCloseAsync(frame.RequestId, ErrorCode.Unauthorized, "The first message of a session is HELLO.");
        return null;
    }

    private async Task<bool> RefuseHelloAsync(uint requestId, ErrorCode code, uint retryAfterMs)
    {
        LogRefusedHello(_context.Log, code);
        _context.Instruments.Handshake(GatewayInstruments.NameOf(code));
        await RefuseAndCloseAsync(requestId, code, Refusals.TextOf(code), retryAfterMs);
        return false;
    }

    private async Task WelcomeAsync(uint requestId, HelloReply reply)
    {
        foreach (var older in _context.Sessions.Replace(_group, this))
            older.Close(ErrorCode.SessionReplaced, (uint)_context.Options.RetryAfterMs, Refusals.TextOf(ErrorCode.SessionReplaced));

        _channel.FrameBytesMax = WireLimits.FrameBytesMax;
        _ticket.Establish();
        _pushes = new PushPump(_context, this, _grain!);
        _contents = new ContentRequests(_context, _group, _device);
        BeginSides(_contents);
        Volatile.Write(ref _lastHeard, _context.Time.GetTimestamp());
        var options = _context.Options;
        var limits = new RelayLimits(
            (uint)options.EnvelopeBytesMax, (uint)options.PushBlobsMax, (uint)options.PushBytesMax, (uint)options.PullBlobsMax,
            (uint)options.PullBytesMax, reply.GroupBytesMax, reply.TimeToLiveSeconds, (uint)options.KeepAliveSeconds, SideStreamsMax);
        await _channel.SendAsync(requestId, new Welcome(
            reply.LogId, new Cursor(reply.Head), new Cursor(reply.HistoryStart), new Cursor(reply.Acked), reply.LastSequence,
            reply.LastBlob ?? [], _context.NowMs, reply.DeviceCount, limits, reply.Elsewhere ?? ""));
        _context.Instruments.Handshake("ok");
        LogBegan(_context.Log);
        Begin(reply.Head);
    }
}
