using ZeroK.Client.Content;
using ZeroK.Client.Envelopes;
using ZeroK.Client.Keys;
using ZeroK.Client.Outbox;
using ZeroK.Client.Session;
using ZeroK.Client.Store;
using ZeroK.Client.Sync;
using ZeroK.Noise;
using ZeroK.Wire;

namespace ZeroK.Client;

/// <summary>Keeps a device in sync with its group: queues and sends what the app pushes, receives, verifies and hands over what other devices pushed, reconnects by itself.</summary>
/// <remarks>All methods may be called from many threads; one <see cref="ReceiveAsync"/> at a time. Works offline: nothing but <see cref="FlushAsync"/>, <see cref="CaughtUpAsync"/>, <see cref="ListDevicesAsync"/> and <see cref="PeekAsync"/> waits for the relay.</remarks>
public sealed partial class SyncClient : IAsyncDisposable, IDisposable
{
    private readonly ClientParts _parts;
    private readonly SyncOptions _options;
    private readonly RelaySet _relays;
    private readonly IStateStore _store;
    private readonly DirectoryLock? _lock;
    private readonly CancellationTokenSource _closed = new();
    private int _isDisposed;

    private SyncClient(ClientParts parts, IReadOnlyList<(RelayWays Ways, IRelayConnector Connector)> relays, IStateStore store, DirectoryLock? directoryLock, SyncOptions options)
    {
        (_parts, _store, _lock, _options) = (parts, store, directoryLock, options);
        _isSuspended = options.StartSuspended;
        _relays = new RelaySet(relays, (i, changed) => new SyncParts(i, relays[i].Ways, relays[i].Connector, parts.Keys, parts.Group, parts.Identity, parts.Name, parts.Outbox, parts.Inbox, parts.Events, changed), parts.Outbox, parts.Inbox, parts.Events, options);
    }

    /// <summary>How things stand now.</summary>
    public SyncStatus Status
    {
        get
        {
            var (last, durable, blobs, bytes) = _parts.Outbox.Counters;
            var relays = _relays.Statuses;
            var primary = relays.First(r => r.IsPrimary);
            var status = new SyncStatus
            {
                State = primary.State,
                Since = primary.Since,
                Relay = primary.Address,
                Relays = relays,
                Transport = primary.Transport,
                WhyNotQuic = primary.WhyNotQuic,
                PendingBlobs = blobs,
                PendingBytes = bytes,
                LastSequence = last,
                DurableSequence = durable,
                Head = primary.Head,
                Received = primary.Received,
                Acked = primary.Acked,
                IsCopy = Enumerable.Range(0, relays.Count).Any(i => _parts.Inbox.Relay(i).Foreign > 0),
                Undecryptable = _parts.Inbox.Undecryptable,
                NeedsState = _parts.Inbox.NeedsState > Cursor.Zero,
                LastError = primary.LastError,
                LastErrorCode = primary.LastErrorCode,
                NextTryAt = relays.Any(r => r.ConnectedAt is not null) ? primary.NextTryAt : relays.Min(r => r.NextTryAt),
                Vector = new VersionVector(_parts.Inbox.Vector.Append(KeyValuePair.Create(_parts.Self, last))),
            };
            return status with { OpenProblems = [.. Problems(status)] };
        }
    }

    /// <summary>Opens the local state and starts connecting in the background. The device stays the caller's, and must outlive the client.</summary>
    /// <exception cref="DeviceException">The device has no group, its state is damaged, or another process runs on it.</exception>
    /// <exception cref="ArgumentException">An option is out of its range; the message names it.</exception>
    public static Task<SyncClient> StartAsync(Device device, SyncOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(device);
        options ??= SyncOptions.Default;
        SyncOptionsRules.Check(options);
        var content = device.Content;
        return Task.Run(
            () =>
            {
                var held = DirectoryLock.Take(device.Directory);
                try
                {
                    var relays = RelayWays.Of(content.Relays).Select(r => (r, (IRelayConnector)new TransportConnector(r.Address, device.Identity, options))).ToList();
                    var client = Start(new KeyRing(content.Secret!, content.Epoch), content.Group, device.Identity, device.Name, relays, new SqliteStateStore(DeviceFiles.State(device.Directory)), held, options);
                    client.KeepTransfersIn(DeviceFiles.Transfers(device.Directory));
                    return client;
                }
                catch
                {
                    held.Dispose();
                    throw;
                }
            },
            cancellationToken);
    }

    /// <summary>Seals a blob and puts it in the durable outbox. When this returns, the blob survives a crash and will be sent.</summary>
    /// <param name="payload">0 bytes to 1 MiB; may be reused when this has completed.</param>
    /// <param name="label">A name that travels sealed with the blob, at most 1,024 bytes of UTF-8; for example a file's path. Empty is the same as null.</param>
    /// <param name="cancellationToken">Gives up waiting for room in the outbox.</param>
    /// <exception cref="ArgumentException">The payload or the label is too large.</exception>
    /// <exception cref="SyncException">The client is being closed, the outbox can't be written, or the state was restored from a copy.</exception>
    public ValueTask<PushReceipt> PushAsync(ReadOnlyMemory<byte> payload, string? label = null, CancellationToken cancellationToken = default) => _parts.Outbox.PushAsync(payload, label, cancellationToken);

    /// <summary>What happens: begins with what happened since the start (at most the last 256 events), then waits for more until cancelled or closed. Each call gets all events; one that falls 4,096 behind loses the oldest.</summary>
    public IAsyncEnumerable<SyncEvent> EventsAsync(CancellationToken cancellationToken = default) => _parts.Events.ReadAsync(cancellationToken);

    /// <summary>Waits until all that was pushed before this call is acknowledged by the primary relay as durable.</summary>
    /// <exception cref="SyncException">Every relay refused for good: <see cref="SyncException.Code"/> says why.</exception>
    public Task FlushAsync(CancellationToken cancellationToken = default) => _parts.Outbox.WaitDurableAsync(_parts.Outbox.Counters.LastSequence, cancellationToken);

    /// <summary>Tries every relay now that is not connected: cuts waits short, and tries again those that had refused. For an app that comes back, or after a relay was mended.</summary>
    public void TryAgain() => _relays.TryAgain();

    /// <summary>Asks the relay for its head and waits until the app has acknowledged every blob up to it. For one-shot pulls: run it beside the loop that reads <see cref="ReceiveAsync"/>, and end the loop when it completes.</summary>
    /// <returns>The head.</returns>
    /// <exception cref="SyncException">Every relay refused for good.</exception>
    public async Task<Cursor> CaughtUpAsync(CancellationToken cancellationToken = default)
    {
        while (true)
        {
            var (relay, head) = await _relays.WithSessionAsync(async (i, s) => (i, await SyncDriver.HeadAsync(s, _options.Time, cancellationToken).ConfigureAwait(false)), cancellationToken).ConfigureAwait(false);
            _parts.Inbox.HeadMoved(relay, head);
            while (true)
            {
                var (changed, relays) = (_parts.Inbox.Changed.Next, _relays.Next);
                if (_parts.Inbox.Relay(relay).Received >= head) return head;
                if (_parts.Inbox.WhyStopped(relay) != ReadingStoppedReason.None) throw new SyncException(ErrorCode.None, "The primary relay is not read any more: it fills this device with what can't be used. See the event ReadingStopped.");
                if (_relays.Primary != relay) break;
                await Task.WhenAny(changed, relays).WaitAsync(cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>The group's devices, as the relay knows them, with their names opened.</summary>
    /// <exception cref="SyncException">The relay refused.</exception>
    public async Task<IReadOnlyList<GroupDevice>> ListDevicesAsync(CancellationToken cancellationToken = default) =>
        await _relays.WithSessionAsync((_, s) => s.RequestAsync(new ListDevices(), cancellationToken), cancellationToken).ConfigureAwait(false) switch
        {
            Devices devices => [.. devices.List.Select(Described)],
            ErrorMessage error => throw new SyncException(error.Code, WhatToDo.About(error.Code)),
            _ => throw new SyncException(ErrorCode.InvalidMessage, "The relay answered with something else."),
        };

    /// <summary>Reads what the relay still keeps after a cursor, without moving any state: what was acknowledged may come again, chains are not checked.</summary>
    /// <param name="after">The cursor to start after; <see cref="Cursor.Zero"/> for the first that is kept.</param>
    /// <param name="limit">At most so many blobs; 1 or more.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="SyncException">The relay refused.</exception>
    public async Task<PeekResult> PeekAsync(Cursor after, int limit, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        var blobs = new List<PeekedBlob>();
        var (undecryptable, start) = (0, default(Cursor?));
        while (true)
        {
            var from = after;
            var page = await _relays.WithSessionAsync((_, s) => s.RequestAsync(new Pull(from, WireLimits.PullBlobsMax, WireLimits.PullBytesMax), cancellationToken), cancellationToken).ConfigureAwait(false) switch
            {
                PullResponse response when PageRules.Problem(from, response) is null => response,
                ErrorMessage error => throw new SyncException(error.Code, WhatToDo.About(error.Code)),
                _ => throw new SyncException(ErrorCode.InvalidMessage, "The relay answered with something that breaks the protocol's rules."),
            };
            start ??= page.Start;
            after = new Cursor(Math.Max(from.Value, page.Through.Value));
            foreach (var blob in page.Blobs)
            {
                if (blob.State != BlobState.Present) continue;
                if (Envelope.TryOpen(_parts.Keys, _parts.Group, blob.Sender, blob.Id, blob.Envelope.Span, out var opened) != UndecryptableReason.None) undecryptable++;
                else blobs.Add(new PeekedBlob(opened.Header.Sender, opened.Header.Sequence, blob.Cursor, opened.Header.SentAt, opened.Header.Label, opened.Payload));
                if (blobs.Count == limit) return new PeekResult(blobs, blob.Cursor, page.Head, start.Value, undecryptable);
            }

            if (after >= page.Head) return new PeekResult(blobs, after, page.Head, start.Value, undecryptable);
        }
    }

    /// <summary>Tries again to open what could not be opened; what opens is handed to the app. Also done at every start.</summary>
    /// <returns>How many still can't be opened.</returns>
    public Task<int> RetryUndecryptableAsync(CancellationToken cancellationToken = default) => Task.Run(_parts.Inbox.RetryQuarantine, cancellationToken);

    /// <summary>The blobs that could not be opened and are noted.</summary>
    public IReadOnlyList<UndecryptableBlob> ListUndecryptable() => _parts.Inbox.ListUndecryptable();

    /// <summary>Gives up a blob that could not be opened: nothing of it is kept, and the relay is told that this device is past it. If its place in its sender's order does not come otherwise, <see cref="ReadAgainAsync"/> lets the version vector go on.</summary>
    /// <param name="blob">From <see cref="ListUndecryptable"/>; null: all.</param>
    /// <returns>How many were given up.</returns>
    public int GiveUpUndecryptable(BlobId? blob = null) => _parts.Inbox.GiveUp(id => blob is null || id == blob);

    /// <summary>Says goodbye and closes. What was accepted by <see cref="PushAsync(ReadOnlyMemory{byte}, string, CancellationToken)"/> stays in the outbox.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0) return;
        ContentQueue? queue;
        lock (_contentGate) queue = _queue;
        if (queue is not null) await queue.DisposeAsync().ConfigureAwait(false);
        await _relays.DisposeAsync().ConfigureAwait(false);
        await _parts.Outbox.DisposeAsync().ConfigureAwait(false);
        await _closed.CancelAsync().ConfigureAwait(false);
        _parts.Events.Close();
        _store.Dispose();
        _parts.Keys.Dispose();
        _lock?.Dispose();
        _closed.Dispose();
    }

    /// <summary>As <see cref="DisposeAsync"/>, for a container that is disposed of without waiting.</summary>
    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

    /// <summary>The parts put together: what tests and the simulator start.</summary>
    internal static SyncClient Start(KeyRing keys, GroupId group, DeviceIdentity identity, string name, RelayAddress relay, IStateStore store, IRelayConnector connector, DirectoryLock? held, SyncOptions options) =>
        Start(keys, group, identity, name, [(new RelayWays(relay, [relay.Endpoint]), connector)], store, held, options);

    /// <summary>The same with several relays, whose fingerprints differ.</summary>
    internal static SyncClient Start(KeyRing keys, GroupId group, DeviceIdentity identity, string name, IReadOnlyList<(RelayWays Ways, IRelayConnector Connector)> relays, IStateStore store, DirectoryLock? held, SyncOptions options)
    {
        var self = new DeviceId(identity.Id.Span);
        var stored = store.Load();
        var events = new EventHub();
        IReadOnlyList<RelayAddress> addresses = [.. relays.Select(r => r.Ways.Address)];
        var outbox = new DurableOutbox(store, stored, addresses, keys, group, self, events, options);
        var inbox = new Inbox(store, stored, addresses, keys, group, self, events, options);
        return new SyncClient(new ClientParts(keys, group, identity, name, outbox, inbox, events), relays, store, held, options);
    }

    private GroupDevice Described(DeviceInfo device) => new(
        device.Id,
        SealedName.Open(_parts.Keys, _parts.Group, device.Id, device.SealedName.Span),
        device.Id == _parts.Self,
        TimeOf(device.FirstSeenMs),
        TimeOf(device.LastSeenMs),
        device.Acked,
        device.LastSequence,
        device.Online,
        device.Revoked);

    private static DateTimeOffset TimeOf(ulong unixMs) => DateTimeOffset.FromUnixTimeMilliseconds((long)Math.Min(unixMs, 253_402_300_799_999));

    internal const string NeedsStateText = "What the group pushed earlier is not kept for this device any more: it joined late, or was away too long. Get the app's state from another device, then say so (ConfirmStateAsync).";

    private IEnumerable<string> Problems(SyncStatus status)
    {
        var isSingle = status.Relays.Count == 1;
        if (isSingle && status.State == SyncState.Refused && status.LastError is { } error) yield return error;
        if (status.Undecryptable > 0) yield return $"{status.Undecryptable} blobs could not be opened. They are kept, and the relay keeps them too; see the events for why.";
        if (status.NeedsState) yield return NeedsStateText;
        if (_parts.Outbox.Problem is { } problem && (!isSingle || problem != status.LastError)) yield return problem;
        for (var i = 0; i < status.Relays.Count; i++)
            if (_parts.Inbox.WhyStopped(i) is not ReadingStoppedReason.None and var why) yield return $"{status.Relays[i].Address.Host}:{status.Relays[i].Address.Port} is not read any more ({why}): it has brought more than this device takes of one relay. What can't be opened can be given up; other relays of the group go on.";
        if (status.Relays.Any(r => r.IsShared)) yield return WhatToDo.About(ErrorCode.SessionReplaced);
        if (_parts.Outbox.IsFull) yield return "The outbox is full: pushes wait until a relay takes some.";
        if (isSingle) yield break;
        foreach (var relay in status.Relays.Where(r => r.Problem is not null && r.Problem != _parts.Outbox.Problem)) yield return $"{relay.Address.Host}:{relay.Address.Port}: {relay.Problem}";
        if (!status.IsOnline && status.Relays.All(r => r.HasFailed)) yield return "No relay of this group can be reached. What is pushed is kept and goes out when one can be.";
    }
}

/// <summary>What all relays' drivers share.</summary>
internal sealed record ClientParts(KeyRing Keys, GroupId Group, DeviceIdentity Identity, string Name, DurableOutbox Outbox, Inbox Inbox, EventHub Events)
{
    /// <summary>This device's id.</summary>
    public DeviceId Self { get; } = new(Identity.Id.Span);

    /// <summary>A constant: it holds keys and names.</summary>
    public override string ToString() => "[client]";
}
