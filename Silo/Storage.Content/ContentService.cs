using Microsoft.Extensions.Logging;
using ZeroK.Content;
using ZeroK.Wire;

namespace ZeroK.Storage.Content;

/// <summary>A relay's contents: what gateways ask for. Nothing is kept that was not verified, nothing is served that does not verify now.</summary>
/// <remarks>
/// The order of things makes it safe to stop anywhere: the row first, then the bytes, stable storage, and only then the row that says so; dropping goes the other way round.
/// One at a time for an object, so that dropping can't meet an upload.
/// </remarks>
public sealed partial class ContentService(IContentStore store, IContentIndex index, ContentLimits limits, ContentInstruments instruments, TimeProvider time, ILogger<ContentService> logger, IContentClock? clock = null)
{
    // Announced to ask for room alone: no object has this address.
    private static readonly ContentHash NoObject = new(new byte[ContentHash.Size]);
    private static readonly ContentHash Empty = Blake3.Hash([]);

    private readonly IContentClock _clock = clock ?? new PlainContentClock(time);
    private readonly KeyedGate<ContentKey> _gate = new();
    private readonly Dictionary<ContentKey, long> _held = [];

    /// <summary>Bytes that a group's contents may use.</summary>
    public long GroupBytesMax => limits.GroupBytesMax;

    private ContentQuota Quota => new(limits.GroupBytesMax, limits.GroupObjectsMax);

    private ulong NowMs => UnixMs.Now(time);

    /// <summary>CONTENT_PUT: announces an object, or asks how far it has come.</summary>
    public Task<PutAnswer> BeginAsync(ContentKey key, ReadOnlyMemory<byte> device, ulong size, CancellationToken cancellationToken) => GuardAsync(
        key,
        code => new PutAnswer(code, false, 0, 0),
        async () =>
        {
            if (size > ContentTree.LengthMax) return new PutAnswer(ErrorCode.InvalidMessage, false, 0, 0);
            if (key.Hash == NoObject) return await AskRoomAsync(key.Group, (long)size, cancellationToken).ConfigureAwait(false);

            // Nothing that is sent later could show that this is no object.
            if (size == 0 && key.Hash != Empty) return new PutAnswer(ErrorCode.ContentMismatch, false, 0, 0);
            var (row, usage) = await index.AnnounceAsync(key, (long)size, Quota, NowMs, cancellationToken).ConfigureAwait(false);
            var used = usage.Charged;
            if (row is null) return new PutAnswer(ErrorCode.GroupQuotaExceeded, false, 0, used);
            if (row.Size != (long)size) return new PutAnswer(ErrorCode.ContentMismatch, false, 0, used);
            if (row.IsStored)
            {
                var refers = await index.StoredAsync(Of(key, row), device, NowMs, cancellationToken).ConfigureAwait(false);
                return refers ? new PutAnswer(ErrorCode.None, true, row.Size, used) : new PutAnswer(ErrorCode.RelayOverloaded, false, 0, used);
            }

            return new PutAnswer(ErrorCode.None, false, await HeldAsync(Of(key, row), new ContentTree(row.Size), cancellationToken).ConfigureAwait(false), used);
        },
        cancellationToken);

    /// <summary>CONTENT_PIECE: verifies a run and keeps it.</summary>
    public Task<ErrorCode> WriteAsync(ContentKey key, ulong size, ulong offset, uint count, ReadOnlyMemory<byte> encoding, CancellationToken cancellationToken) => GuardAsync(
        key,
        code => code,
        async () =>
        {
            var row = await index.FindAsync(key, cancellationToken).ConfigureAwait(false);
            if (row is null || row.Size != (long)size) return ErrorCode.ContentNotFound;
            if (row.IsStored) return ErrorCode.None;
            var tree = new ContentTree(row.Size);
            var here = Of(key, row);
            var held = await HeldAsync(here, tree, cancellationToken).ConfigureAwait(false);
            var code = PieceRules.Check(tree, held, (long)Math.Min(offset, long.MaxValue), count);
            if (code != ErrorCode.None) return code;
            if (PieceRules.Verify(key.Hash, tree, (long)offset, (int)count, encoding.Span) is not { } run)
            {
                instruments.Refused();
                return ErrorCode.ContentMismatch;
            }

            await store.WriteAsync(here, tree, run, cancellationToken).ConfigureAwait(false);

            // Not in a finally: after a failure the store may still hold the bytes.
            LargeBuffers.Return(run.Bytes);
            Keep(here, Math.Max(held, (long)offset + count));
            instruments.Written(count);
            return ErrorCode.None;
        },
        cancellationToken);

    /// <summary>CONTENT_REF: all is there; puts it on stable storage and counts the device's reference.</summary>
    public Task<ErrorCode> FinishAsync(ContentKey key, ReadOnlyMemory<byte> device, ulong size, CancellationToken cancellationToken) => GuardAsync(
        key,
        code => code,
        async () =>
        {
            var row = await index.FindAsync(key, cancellationToken).ConfigureAwait(false);
            if (row is null || row.Size != (long)size) return ErrorCode.ContentNotFound;
            var here = Of(key, row);
            if (!row.IsStored)
            {
                var tree = new ContentTree(row.Size);
                if (await HeldAsync(here, tree, cancellationToken).ConfigureAwait(false) < row.Size) return ErrorCode.OutOfOrder;
                await store.SealAsync(here, tree, cancellationToken).ConfigureAwait(false);
                instruments.Stored();
            }

            var refers = await index.StoredAsync(here, device, NowMs, cancellationToken).ConfigureAwait(false);
            Forget(here);
            if (refers) return ErrorCode.None;

            // Another relay dropped it meanwhile, perhaps before this one wrote its last.
            await store.DeleteAsync(here, cancellationToken).ConfigureAwait(false);
            return ErrorCode.ContentNotFound;
        },
        cancellationToken);

    /// <summary>CONTENT_GET: a run of a stored object, verified. A store that went bad is noticed here: what a second look finds bad too is written again when somebody puts it.</summary>
    public async Task<RunAnswer> ReadAsync(ContentKey key, ulong size, ulong offset, uint count, CancellationToken cancellationToken)
    {
        try
        {
            var row = await index.FindAsync(key, cancellationToken).ConfigureAwait(false);
            if (row is not { IsStored: true } || row.Size != (long)size) return new RunAnswer(ErrorCode.ContentNotFound, default);
            var tree = new ContentTree(row.Size);
            if (PieceRules.RangeOf(tree, offset, count) is not { } range) return new RunAnswer(ErrorCode.InvalidMessage, default);
            for (var look = 0; look < 2; look++)
            {
                if (await PieceRules.EncodeAsync(store, Of(key, row), tree, range, cancellationToken).ConfigureAwait(false) is not { } encoding) continue;
                instruments.Read(count);
                return new RunAnswer(ErrorCode.None, encoding);
            }
        }
        catch (ContentStoreException failed)
        {
            LogFailed(failed.Message);
            return new RunAnswer(CodeOf(failed), default);
        }

        return new RunAnswer(await DamagedAsync(key, cancellationToken).ConfigureAwait(false), default);
    }

    /// <summary>CONTENT_RELEASE: the device no longer refers to the object; with the last reference it goes.</summary>
    public Task<ErrorCode> ReleaseAsync(ContentKey key, ReadOnlyMemory<byte> device, CancellationToken cancellationToken) => GuardAsync(
        key,
        code => code,
        async () =>
        {
            if (await index.ReleaseAsync(key, device, cancellationToken).ConfigureAwait(false) is { } gone) await DropAsync(gone, cancellationToken).ConfigureAwait(false);
            return ErrorCode.None;
        },
        cancellationToken);

    /// <summary>Drops what nobody has put or referred to for too long.</summary>
    /// <returns>Objects dropped.</returns>
    public async Task<int> SweepAsync(CancellationToken cancellationToken)
    {
        if (await _clock.CutoffMsAsync(TimeSpan.FromHours(limits.KeepHours), cancellationToken).ConfigureAwait(false) is not { } storedBefore) return 0;
        if (await _clock.CutoffMsAsync(TimeSpan.FromHours(limits.UploadHours), cancellationToken).ConfigureAwait(false) is not { } writtenBefore) return 0;
        var dropped = 0;
        foreach (var key in await index.FindExpiredAsync(storedBefore, writtenBefore, limits.SweepObjectsMax, cancellationToken).ConfigureAwait(false))
        {
            using var turn = await _gate.EnterAsync(key, cancellationToken).ConfigureAwait(false);

            // Its turn may have come after somebody touched it: the index decides again.
            var row = await index.FindAsync(key, cancellationToken).ConfigureAwait(false);
            if (row is null || await index.ExpireAsync(key, row.IsStored ? storedBefore : writtenBefore, cancellationToken).ConfigureAwait(false) is not { } gone) continue;
            await DropAsync(gone, cancellationToken).ConfigureAwait(false);
            dropped++;
        }

        // Rows that went while the store was away, or before a relay stopped.
        foreach (var key in await index.FindDroppedAsync(limits.SweepObjectsMax, cancellationToken).ConfigureAwait(false)) await DropAsync(key, cancellationToken).ConfigureAwait(false);

        if (dropped > 0) instruments.Expired(dropped);
        return dropped;
    }

    private async Task<PutAnswer> AskRoomAsync(Guid group, long size, CancellationToken cancellationToken)
    {
        var usage = await index.UsageAsync(group, cancellationToken).ConfigureAwait(false);
        return new PutAnswer(usage.HasRoomFor(size, Quota) ? ErrorCode.None : ErrorCode.GroupQuotaExceeded, false, 0, usage.Charged);
    }

    private async Task<ErrorCode> DamagedAsync(ContentKey key, CancellationToken cancellationToken)
    {
        instruments.Damaged();
        LogDamaged();
        return await GuardAsync(
            key,
            code => code,
            async () =>
            {
                if (await index.FindAsync(key, cancellationToken).ConfigureAwait(false) is not { IsStored: true } row) return ErrorCode.ContentNotFound;
                await index.DamagedAsync(Of(key, row), cancellationToken).ConfigureAwait(false);
                await store.ReopenAsync(Of(key, row), cancellationToken).ConfigureAwait(false);
                return ErrorCode.ContentNotFound;
            },
            cancellationToken).ConfigureAwait(false);
    }

    private async Task<T> GuardAsync<T>(ContentKey key, Func<ErrorCode, T> refuse, Func<Task<T>> step, CancellationToken cancellationToken)
    {
        using var turn = await _gate.EnterAsync(key, cancellationToken).ConfigureAwait(false);
        try
        {
            return await step().ConfigureAwait(false);
        }
        catch (ContentStoreException failed)
        {
            // What was written before is verified again before anything is built on it.
            ForgetAll(key);
            instruments.Failed();
            LogFailed(failed.Message);
            return refuse(CodeOf(failed));
        }
    }

    private async ValueTask<long> HeldAsync(ContentKey key, ContentTree tree, CancellationToken cancellationToken)
    {
        lock (_held)
        {
            if (_held.TryGetValue(key, out var known)) return known;
        }

        // What was announced alone costs no memory.
        var held = await store.ResumeAsync(key, tree, cancellationToken).ConfigureAwait(false);
        if (held > 0) Keep(key, held);
        return held;
    }

    private async ValueTask DropAsync(ContentKey key, CancellationToken cancellationToken)
    {
        Forget(key);
        await store.DeleteAsync(key, cancellationToken).ConfigureAwait(false);
        await index.DroppedAsync(key, cancellationToken).ConfigureAwait(false);
    }

    private void Keep(ContentKey key, long held)
    {
        lock (_held) _held[key] = held;
    }

    private void Forget(ContentKey key)
    {
        lock (_held) _held.Remove(key);
    }

    private void ForgetAll(ContentKey key)
    {
        lock (_held)
        {
            foreach (var held in _held.Keys.Where(k => k.Group == key.Group && k.Hash == key.Hash).ToList()) _held.Remove(held);
        }
    }

    private static ContentKey Of(ContentKey key, ContentRow row) => key with { Generation = row.Generation };

    private static ErrorCode CodeOf(ContentStoreException failed) => failed.IsFull ? ErrorCode.StorageFull : ErrorCode.StoreUnavailable;

    [LoggerMessage(1, LogLevel.Error, "The content store failed: {Reason}")]
    private partial void LogFailed(string reason);

    [LoggerMessage(2, LogLevel.Error, "A stored content is not what it was when it was put: it is not served any more, and is mended when a device puts it again. Check the disk.")]
    private partial void LogDamaged();
}
