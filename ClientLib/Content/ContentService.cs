using System.Collections.Concurrent;
using ZeroK.Client.Keys;
using ZeroK.Wire;

namespace ZeroK.Client.Content;

/// <summary>What puts and gets have in common, and the transfers that are kept. The door of this folder.</summary>
internal sealed partial class ContentService
{
    private readonly IContentPort _port;
    private readonly ITransferStore _store;
    private readonly KeyRing _keys;
    private readonly IReferenceOutbox _outbox;
    private readonly SyncOptions _options;
    private readonly TransferWindow _window;
    private readonly ConcurrentDictionary<(TransferKind, ContentId), TransferRecord> _records;
    private readonly ConcurrentDictionary<(TransferKind, ContentId), bool> _running = new();

    /// <param name="port">The relay.</param>
    /// <param name="store">Stays the caller's.</param>
    /// <param name="keys">The group's keys; stay the caller's.</param>
    /// <param name="outbox">Where references go.</param>
    /// <param name="options">Clock and waits.</param>
    public ContentService(IContentPort port, ITransferStore store, KeyRing keys, IReferenceOutbox outbox, SyncOptions options)
    {
        (_port, _store, _keys, _outbox, _options) = (port, store, keys, outbox, options);
        _window = new TransferWindow(options.Time);
        _records = new(store.Load().Select(r => KeyValuePair.Create((r.Kind, r.Id), r)));
    }

    /// <summary>Transfers that are not finished.</summary>
    public IReadOnlyList<ContentTransfer> Transfers => [.. _records.Values.Select(TransferRules.Described)];

    /// <summary>Forgets an unfinished transfer and what is staged for it.</summary>
    /// <returns>False if there is none.</returns>
    /// <exception cref="InvalidOperationException">It is under way.</exception>
    public bool Drop(ContentId id)
    {
        var found = _records.Values.Where(r => r.Id == id).ToList();
        foreach (var record in found)
        {
            using var running = Begin(record.Kind, id);
            Forget(record);
        }

        return found.Count > 0;
    }

    /// <summary>Puts that wait to be sent.</summary>
    public IReadOnlyList<ContentId> Waiting => [.. _records.Values.Where(r => r.Kind == TransferKind.Put).Select(r => r.Id)];

    /// <summary>Forgets an unfinished transfer, here and, where the relay is connected, there. What a relay that is not keeps of an upload expires by itself.</summary>
    /// <returns>False if there is none.</returns>
    public async Task<bool> DropAsync(ContentId id, CancellationToken cancellationToken)
    {
        var put = _records.GetValueOrDefault((TransferKind.Put, id));
        if (!Drop(id)) return false;
        if (put is null) return true;
        foreach (var item in put.Objects.Concat(WithPreview(put.Reference)).DistinctBy(o => o.Id).TakeWhile(_ => _port.IsConnected))
        {
            try
            {
                await _port.ReleaseAsync(item.Hash, item.SealedLength, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (e is ContentRefusedException or IOException or SyncException)
            {
                break;
            }
        }

        return true;
    }

    /// <summary>Tells the relay that the group needs a content no longer, its preview included.</summary>
    public async Task ReleaseAsync(ContentReference reference, CancellationToken cancellationToken)
    {
        foreach (var item in WithPreview(reference))
        {
            try
            {
                await _port.ReleaseAsync(item.Hash, item.SealedLength, cancellationToken).ConfigureAwait(false);
            }
            catch (ContentRefusedException e)
            {
                throw Stopped(e, null);
            }
        }
    }

    private static IEnumerable<ContentReference> WithPreview(ContentReference reference) =>
        reference.Preview is null ? [reference with { Preview = null }] : [reference with { Preview = null }, reference.Preview];

    private SegmentCipher CipherOf(ContentReference reference)
    {
        if (reference.Epoch != _keys.Epoch) throw new ContentTransferException(ErrorCode.None, $"This content was sealed with key epoch {reference.Epoch}, and this device has epoch {_keys.Epoch}. Nothing was fetched.");
        return new SegmentCipher(_keys, reference.Id, reference.Layout);
    }

    private void Keep(TransferRecord record)
    {
        _store.Save(record);
        _records[(record.Kind, record.Id)] = record;
    }

    private void Forget(TransferRecord record)
    {
        _store.Remove(record);
        _records.TryRemove((record.Kind, record.Id), out _);
    }

    private Running Begin(TransferKind kind, ContentId id) =>
        _running.TryAdd((kind, id), true) ? new Running(this, (kind, id)) : throw new InvalidOperationException("This content is being transferred already.");

    private static ContentTransferException Stopped(Exception e, ContentId? kept) => e switch
    {
        ContentRefusedException { Quota: { } quota } refused => new(refused.Code, QuotaText(quota) + (kept is null ? " Nothing was sealed or sent." : KeptText(kept)), e) { Quota = quota, Transfer = kept },
        ContentRefusedException refused => new(refused.Code, $"{refused.Message}{KeptText(kept)}", e) { Transfer = kept },
        _ => new(ErrorCode.None, $"{e.Message}{KeptText(kept)}", e) { Transfer = kept },
    };

    private static string QuotaText(ContentQuota quota)
    {
        var numbers = $"There is no room for this in the group's space on the relay: its limit is {quota.LimitBytes} bytes, {quota.UsedBytes} are used, and this needs {quota.NeededBytes}.";
        return quota.NeededBytes > quota.LimitBytes ? numbers + " It can never fit: ask the operator for more."
            : quota.NeededBytes + quota.UsedBytes + WireLimits.ContentObjectBytes <= quota.LimitBytes ? numbers + " The group has as many contents as it may have: release those that are no longer needed."
            : numbers + " Release contents that are no longer needed, or ask the operator for more.";
    }

    private static string KeptText(ContentId? kept) => kept is null ? "" : " What was done is kept: the transfer can be resumed.";

    private sealed class Running(ContentService service, (TransferKind, ContentId) key) : IDisposable
    {
        public void Dispose() => service._running.TryRemove(key, out _);
    }

    // Adds up the objects of one transfer.
    private sealed class Meter(IProgress<ContentProgress>? progress, ContentPhase phase, long total)
    {
        private long _before, _moved;

        public void Report(long done, long bytes) => progress?.Report(new ContentProgress(phase, _before + done, total, Interlocked.Add(ref _moved, bytes)));

        public void Next(long size) => _before += size;
    }
}

/// <summary>Where a content's reference goes: the device's outbox.</summary>
internal interface IReferenceOutbox
{
    /// <summary>The device's last sequence.</summary>
    ulong LastSequence { get; }

    /// <summary>Pushes a reference; when this returns it is durable here and will be sent.</summary>
    Task PushAsync(ContentReference reference, CancellationToken cancellationToken);

    /// <summary>Whether a reference was pushed after a sequence; null if the outbox can't tell any more.</summary>
    bool? WasPushed(ContentReference reference, ulong after);
}
