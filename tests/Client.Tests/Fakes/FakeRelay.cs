using ZeroK.Channel;
using ZeroK.Client.Session;
using ZeroK.Transport;
using ZeroK.Wire;

namespace ZeroK.Client.Tests.Fakes;

/// <summary>A relay in this process: one group, a naive log, and faults to order.</summary>
internal sealed class FakeRelay
{
    private readonly Lock _gate = new();
    private readonly List<PulledBlob> _log = [];
    private readonly Dictionary<DeviceId, ulong> _acked = [];
    private readonly Dictionary<DeviceId, (ulong Sequence, BlobId Id)> _last = [];
    private readonly List<(DeviceId Device, IFrameChannel Channel)> _sessions = [];

    public byte[] LogId { get; set; } = [.. Enumerable.Repeat((byte)1, 16)];

    public RelayLimits Limits { get; set; } = new(WireLimits.EnvelopeBytesMax, 64, WireLimits.PushBytesMax, 10, WireLimits.PullBytesMax, 100_000_000, 604_800, 20);

    public bool IsDown { get; set; }

    public int Dials { get; private set; }

    public int HistoryStart { get; set; } = 1;

    public Cursor ExpiredThrough { get; set; }

    /// <summary>Where WELCOME sends the device.</summary>
    public string Hint { get; set; } = "";

    /// <summary>The head that NOTIFY, PRESENCE and WELCOME tell instead of the log's: a lying relay.</summary>
    public Cursor? ToldHead { get; set; }

    /// <summary>Pages answered.</summary>
    public int Pulls { get; private set; }

    /// <summary>Doesn't answer HELLO.</summary>
    public bool IgnoresHello { get; set; }

    /// <summary>What HELLO is refused with.</summary>
    public ErrorCode RefuseHello { get; set; }

    /// <summary>Sees each blob of a PUSH first; another code than None refuses it.</summary>
    public Func<PushBlob, ErrorCode>? RefusePush { get; set; }

    /// <summary>The next PUSH: cut the connection before (-1) or after (+1) the log has it.</summary>
    public int CutAtPush { get; set; }

    /// <summary>Answers to PUSH wait for it.</summary>
    public Task HoldPushes { get; set; } = Task.CompletedTask;

    /// <summary>Changes a page: a lying relay.</summary>
    public Func<PullResponse, PullResponse>? Lie { get; set; }

    /// <summary>Large contents.</summary>
    public ZeroK.Client.Content.MemoryContentRelay Contents { get; } = new();

    /// <summary>PUSHes and content requests, as they came in.</summary>
    public List<WireMessage> Order { get; } = [];

    public List<Hello> Hellos { get; } = [];

    public List<Push> Pushes { get; } = [];

    public List<Delete> Deletes { get; } = [];

    /// <summary>PRESENCEs answered.</summary>
    public int Presences { get; private set; }

    /// <summary>Doesn't answer PRESENCE.</summary>
    public bool IsSilent { get; set; }

    public IReadOnlyList<PulledBlob> Log
    {
        get
        {
            lock (_gate) return [.. _log];
        }
    }

    /// <summary>Sessions that are open now.</summary>
    public int Sessions
    {
        get
        {
            lock (_gate) return _sessions.Count;
        }
    }

    public Cursor AckOf(DeviceId device)
    {
        lock (_gate) return new Cursor(_acked.GetValueOrDefault(device));
    }

    public IRelayConnector ConnectorOf(DeviceId device) => new Connector(this, device);

    /// <summary>Cuts every session.</summary>
    public void Cut()
    {
        lock (_gate)
        {
            foreach (var (_, channel) in _sessions) CutOff(channel);
            _sessions.Clear();
        }
    }

    /// <summary>Rewrites the log: a relay that was set back, or lost its data.</summary>
    public void Rewrite(Func<IReadOnlyList<PulledBlob>, IEnumerable<PulledBlob>> rewrite)
    {
        lock (_gate)
        {
            var log = rewrite(_log).ToList();
            _log.Clear();
            _log.AddRange(log);
            _last.Clear();
            foreach (var blob in log) _last[blob.Sender] = (blob.Sequence, blob.Id);
        }
    }

    /// <summary>Puts a blob at the end of the log, as if its device had pushed it, and notifies.</summary>
    public void Append(DeviceId sender, ulong sequence, BlobId id, ReadOnlyMemory<byte> envelope)
    {
        lock (_gate)
        {
            _log.Add(new PulledBlob(new Cursor((ulong)_log.Count + 1), BlobState.Present, sender, sequence, id, 1, envelope));
            _last[sender] = (sequence, id);
            Notify(sender);
        }
    }

    private static void CutOff(IFrameChannel channel) => channel.DisposeAsync().AsTask().GetAwaiter().GetResult();

    private void Notify(DeviceId except)
    {
        foreach (var (device, channel) in _sessions)
        {
            try
            {
                if (device != except) channel.SendAsync(0, new Notify(ToldHead ?? new Cursor((ulong)_log.Count))).AsTask().GetAwaiter().GetResult();
            }
            catch (ChannelException)
            {
                // Gone meanwhile.
            }
        }
    }

    /// <summary>The side streams of all sessions, if its transport has some.</summary>
    public FakeSides? Sides { get; set; }

    public async Task ServeAsync(DeviceId device, IFrameChannel channel)
    {
        if (Sides is not null && channel.HasSideStreams) _ = Sides.ServeAsync(Contents, channel);
        try
        {
            while (await channel.ReceiveAsync() is { } frame)
            {
                if (ContentAnswers.Takes(frame.Message))
                {
                    lock (Order) Order.Add(frame.Message);
                    _ = ContentAnswers.ReplyAsync(Contents, channel, frame.RequestId, frame.Message);
                    continue;
                }

                if (frame.Message is Hello hello && device == default) device = new DeviceId(channel.Remote.DeviceId(hello.SigningKey.Span));
                if (frame.Message is Push) lock (Order) Order.Add(frame.Message);
                WireMessage? reply;
                lock (_gate) reply = Answer(device, channel, frame.Message);
                if (frame.Message is Push) await HoldPushes;
                if (reply is not null) await channel.SendAsync(frame.RequestId, reply);
            }

            await channel.CompleteAsync();
        }
        catch (ChannelException)
        {
            // Cut.
        }

        lock (_gate) _sessions.RemoveAll(s => s.Channel == channel);
    }

    private WireMessage? Answer(DeviceId device, IFrameChannel channel, WireMessage message)
    {
        var head = new Cursor((ulong)_log.Count);
        switch (message)
        {
            case Hello hello:
                Hellos.Add(hello);
                if (IgnoresHello) return null;
                if (RefuseHello != ErrorCode.None) return new ErrorMessage(RefuseHello, 0, "");
                _sessions.Add((device, channel));
                var (sequence, id) = _last.GetValueOrDefault(device);
                return new Welcome(LogId, ToldHead ?? head, new Cursor((ulong)HistoryStart), new Cursor(_acked.GetValueOrDefault(device)), sequence, sequence == 0 ? default : id.ToArray(), 1, 2, Limits, Hint);
            case Push push:
                return Take(device, channel, push);
            case Pull pull:
                Pulls++;
                var page = PageOf(device, pull, head);
                return Lie?.Invoke(page) ?? page;
            case Ack ack:
                _acked[device] = Math.Max(_acked.GetValueOrDefault(device), ack.Through.Value);
                return null;
            case Delete delete:
                Deletes.Add(delete);
                for (var i = 0; i < _log.Count; i++)
                    if (_log[i].Sender == device && delete.Blobs.Contains(_log[i].Id)) _log[i] = _log[i] with { State = BlobState.Deleted, Envelope = default };
                return new Ok();
            case Presence when IsSilent:
                return null;
            case Presence:
                Presences++;
                return new Presence(PresenceState.Active, ToldHead ?? head, 1, 1);
            case ListDevices:
                return new Devices([.. Hellos.Select(h => new DeviceInfo(device, h.SealedName, 1, 1, default, 0, true, false))]);
            default:
                return null;
        }
    }

    private PushAck? Take(DeviceId device, IFrameChannel channel, Push push)
    {
        Pushes.Add(push);
        if (CutAtPush < 0)
        {
            CutAtPush = 0;
            CutOff(channel);
            return null;
        }

        var results = new List<PushResult>();
        foreach (var blob in push.Blobs)
        {
            var last = _last.GetValueOrDefault(device).Sequence;
            var code = results.Exists(r => r.Code != ErrorCode.None) ? ErrorCode.OutOfOrder : RefusePush?.Invoke(blob) ?? ErrorCode.None;
            if (code == ErrorCode.None && _log.Find(b => b.Id == blob.Id) is { } first)
            {
                results.Add(new PushResult(blob.Id, ErrorCode.None, first.Cursor, 1, 0));
                continue;
            }

            if (code == ErrorCode.None && last != 0 && blob.Sequence != last + 1) code = blob.Sequence <= last ? ErrorCode.SequenceConflict : ErrorCode.OutOfOrder;
            if (code == ErrorCode.None)
            {
                _log.Add(new PulledBlob(new Cursor((ulong)_log.Count + 1), BlobState.Present, device, blob.Sequence, blob.Id, 1, blob.Envelope));
                _last[device] = (blob.Sequence, blob.Id);
            }

            results.Add(new PushResult(blob.Id, code, code == ErrorCode.None ? new Cursor((ulong)_log.Count) : Cursor.Zero, 1, 1));
        }

        Notify(device);
        if (CutAtPush == 0) return new PushAck(results);
        CutAtPush = 0;
        CutOff(channel);
        return null;
    }

    private PullResponse PageOf(DeviceId device, Pull pull, Cursor head)
    {
        var start = Math.Max(pull.After.Value + 1, (ulong)HistoryStart);
        var blobs = _log.Where(b => b.Cursor.Value >= start).Take((int)Math.Min(pull.MaxBlobs, Limits.PullBlobsMax))
            .Select(b => b.Sender == device ? b with { State = BlobState.Own, Envelope = default } : b).ToList();
        return new PullResponse(new Cursor(start), blobs.Count == 0 ? new Cursor(start - 1) : blobs[^1].Cursor, head, ExpiredThrough, blobs);
    }

    private sealed class Connector(FakeRelay relay, DeviceId device) : IRelayConnector
    {
        public ValueTask<IDialedRelay> DialAsync(IReadOnlyList<RelayEndpoint> ways, CancellationToken cancellationToken)
        {
            lock (relay._gate) relay.Dials++;
            return relay.IsDown ? throw new TransportException("down") : ValueTask.FromResult<IDialedRelay>(new Dialed(relay, device, ways[0]));
        }
    }

    private sealed class Dialed(FakeRelay relay, DeviceId device, RelayEndpoint way) : IDialedRelay
    {
        public TransportKind Kind => TransportKind.Memory;

        public RelayEndpoint Way => way;

        public string? WhyNotQuic => null;

        public ValueTask<IFrameChannel> GreetAsync(CancellationToken cancellationToken)
        {
            var (client, server) = FakeChannel.Pair(relay.Sides is not null);
            _ = Task.Run(() => relay.ServeAsync(device, server), CancellationToken.None);
            return ValueTask.FromResult<IFrameChannel>(client);
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
