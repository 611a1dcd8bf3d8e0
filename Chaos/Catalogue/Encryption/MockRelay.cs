using ZeroK.Channel;
using ZeroK.Noise;
using ZeroK.Transport;
using ZeroK.Wire;

namespace ZeroK.Chaos.Catalogue.Encryption;

/// <summary>A relay in this process with one group and its log in memory. It keeps envelopes as they come: it can't tell a good one from a changed one, as the real relay can't.</summary>
internal sealed class MockRelay : IAsyncDisposable
{
    private static readonly RelayLimits Limits = new(WireLimits.EnvelopeBytesMax, 64, WireLimits.PushBytesMax, 100, WireLimits.PullBytesMax, 100_000_000, 604_800, 20);

    private readonly Lock _gate = new();
    private readonly StaticIdentity _identity = StaticIdentity.Generate();
    private readonly byte[] _logId = System.Security.Cryptography.RandomNumberGenerator.GetBytes(16);
    private readonly List<PulledBlob> _log = [];
    private readonly Dictionary<DeviceId, (ulong Sequence, BlobId Id)> _last = [];
    private readonly Dictionary<IFrameChannel, DeviceId> _sessions = [];
    private readonly List<IListener> _listeners = [];

    public ReadOnlyMemory<byte> Fingerprint => _identity.Public.Fingerprint();

    /// <summary>The relay's own failures of sessions, as texts.</summary>
    public List<string> Errors { get; } = [];

    public async Task ListenAsync(MemoryNetwork network, CancellationToken cancellationToken)
    {
        var listener = await network.ListenAsync("relay", 0, cancellationToken).ConfigureAwait(false);
        _listeners.Add(listener);
        _ = AcceptAsync(listener);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var listener in _listeners) await listener.DisposeAsync().ConfigureAwait(false);
        List<IFrameChannel> open;
        lock (_gate) open = [.. _sessions.Keys];
        foreach (var channel in open) await channel.DisposeAsync().ConfigureAwait(false);
        _identity.Dispose();
    }

    private async Task AcceptAsync(IListener listener)
    {
        try
        {
            while (true) _ = ServeAsync(await listener.AcceptAsync().ConfigureAwait(false));
        }
        catch (ObjectDisposedException)
        {
            // The iteration is over.
        }
    }

    private async Task ServeAsync(IConnection connection)
    {
        IFrameChannel? channel = null;
        try
        {
            channel = await SecureChannel.AcceptAsync(connection, _identity, ChannelOptions.Default).ConfigureAwait(false);
            var device = default(DeviceId);
            while (await channel.ReceiveAsync().ConfigureAwait(false) is { } frame)
            {
                if (frame.Message is Hello hello) device = new DeviceId(channel.Remote.DeviceId(hello.SigningKey.Span));
                var notify = new List<IFrameChannel>();
                WireMessage? reply;
                lock (_gate)
                {
                    reply = Answer(device, channel, frame.Message);
                    if (reply is PushAck) notify.AddRange(_sessions.Where(s => s.Value != device).Select(s => s.Key));
                }

                if (reply is not null) await channel.SendAsync(frame.RequestId, reply).ConfigureAwait(false);
                foreach (var other in notify) await NotifyAsync(other).ConfigureAwait(false);
            }

            await channel.CompleteAsync().ConfigureAwait(false);
        }
        catch (ChannelException e)
        {
            lock (_gate) Errors.Add(e.ToString());
        }
        finally
        {
            if (channel is not null)
            {
                lock (_gate) _sessions.Remove(channel);
                await channel.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    private async Task NotifyAsync(IFrameChannel channel)
    {
        try
        {
            await channel.SendAsync(0, new Notify(new Cursor((ulong)_log.Count))).ConfigureAwait(false);
        }
        catch (ChannelException e)
        {
            lock (_gate) Errors.Add(e.ToString());
        }
    }

    private WireMessage? Answer(DeviceId device, IFrameChannel channel, WireMessage message)
    {
        var head = new Cursor((ulong)_log.Count);
        switch (message)
        {
            case Hello:
                _sessions[channel] = device;
                var (sequence, id) = _last.GetValueOrDefault(device);
                return new Welcome(_logId, head, new Cursor(1), Cursor.Zero, sequence, sequence == 0 ? default : id.ToArray(), 1, 2, Limits);
            case Push push:
                return new PushAck([.. push.Blobs.Select(b => Keep(device, b))]);
            case Pull pull:
                var start = pull.After.Value + 1;
                var blobs = _log.Where(b => b.Cursor.Value >= start).Take((int)Math.Min(pull.MaxBlobs, Limits.PullBlobsMax))
                    .Select(b => b.Sender == device ? b with { State = BlobState.Own, Envelope = default } : b).ToList();
                return new PullResponse(new Cursor(start), blobs.Count == 0 ? new Cursor(start - 1) : blobs[^1].Cursor, head, Cursor.Zero, blobs);
            case Presence:
                return new Presence(PresenceState.Active, head, 1, 1);
            default:
                return null;
        }
    }

    private PushResult Keep(DeviceId device, PushBlob blob)
    {
        var last = _last.GetValueOrDefault(device).Sequence;
        if (blob.Sequence != last + 1) return new PushResult(blob.Id, ErrorCode.OutOfOrder, Cursor.Zero, 0, 0);
        var cursor = new Cursor((ulong)_log.Count + 1);
        _log.Add(new PulledBlob(cursor, BlobState.Present, device, blob.Sequence, blob.Id, 1, blob.Envelope));
        _last[device] = (blob.Sequence, blob.Id);
        return new PushResult(blob.Id, ErrorCode.None, cursor, 1, 0);
    }
}
