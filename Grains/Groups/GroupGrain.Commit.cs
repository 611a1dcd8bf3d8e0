using ZeroK.GrainContracts;
using ZeroK.Grains.Storage;
using ZeroK.Wire;

namespace ZeroK.Grains.Groups;

internal sealed partial class GroupGrain
{
    // Limits of an hour: a minute makes a difference.
    private static readonly TimeSpan RetryAfterTooMany = TimeSpan.FromMinutes(1);

    // Hands all changes to the store. True once they, and all before them, are durable.
    private Task<bool> CommitAsync()
    {
        var use = _state!.Use;
        _lease.Set(use with { MemoryBytes = use.MemoryBytes + _tailCache.Bytes });
        if (_state.TakeCommit() is { } commit) _tail = FinishAsync(_tail, commit);
        return _tail;
    }

    // Runs up to the store's first await at once: the store sees commits in the order of the calls.
    private async Task<bool> FinishAsync(Task<bool> before, GroupCommit commit)
    {
        var taken = false;
        try
        {
            taken = await _store.CommitAsync(commit, CancellationToken.None);
            _outage.Answered();
            if (!taken)
            {
                _instruments.Fenced();
                LogFenced();
                GiveUp(ErrorCode.RelayOverloaded);
            }
        }
        catch (Exception e)
        {
            if (e is StoreException) _outage.Failed(e);
            else LogCommitFailed(e);
            GiveUp(e is StoreException ? ErrorCode.StoreUnavailable : ErrorCode.Internal);
        }

        if (!await before || !taken || _gaveUp != ErrorCode.None) return false;
        _state!.Committed(commit);
        _instruments.Committed(commit.Appends.Count, commit.BodyBytes);
        if (commit.Appends.Count > 0) _gateways.TellHead(_state, commit.Appends);
        return true;
    }

    // What a caller says doesn't fit with what this activation knows: another one has taken over since, or the caller is wrong. The store's fence tells.
    private Task<bool> IsOwnerAsync()
    {
        _state!.Touch();
        return CommitAsync();
    }

    // Refusals that come from what the group holds, and not from the blob or this moment.
    private static bool IsOfState(PushItemResult result) => result.Code is not (ErrorCode.None or ErrorCode.BlobTooLarge or ErrorCode.RelayOverloaded or ErrorCode.StoreUnavailable or ErrorCode.StorageFull);

    private void GiveUp(ErrorCode why)
    {
        if (_gaveUp == ErrorCode.None) _gaveUp = why;
        DeactivateOnIdle();
    }

    // Why nothing is answered from this activation any more; asks for a fresh one.
    private ErrorCode GaveUp()
    {
        DeactivateOnIdle();
        return _gaveUp == ErrorCode.None ? ErrorCode.Internal : _gaveUp;
    }

    private void WriteSoon()
    {
        if (_lazyWrite is not null || !_state!.HasChanges) return;
        _lazyWrite = this.RegisterGrainTimer(
            static async (grain, _) =>
            {
                grain._lazyWrite?.Dispose();
                grain._lazyWrite = null;
                if (grain._gaveUp == ErrorCode.None) await grain.CommitAsync();
            },
            this,
            new GrainTimerCreationOptions(_options.LazyWriteDelay, Timeout.InfiniteTimeSpan) { Interleave = true });
    }

    private ErrorCode Enter(DeviceRequest request)
    {
        if (_gaveUp != ErrorCode.None) return GaveUp();
        var device = new DeviceId(request.Device);
        var code = _state?.Admit(device, NowMs) ?? ErrorCode.Unauthorized;
        if (code == ErrorCode.Unauthorized)
        {
            // Its HELLO was answered when this was durable: another activation has taken over since this one read the store.
            GiveUp(ErrorCode.RelayOverloaded);
            return _gaveUp;
        }

        if (code == ErrorCode.None) _gateways.Seen(device, request.Gateway);
        return code;
    }

    private GroupReply Reply(ErrorCode code) => new(Count(code), RetryAfterMs(code));

    private ErrorCode Count(ErrorCode code)
    {
        if (code != ErrorCode.None) _instruments.Refused(code);
        return code;
    }

    private uint RetryAfterMs(ErrorCode code) => code switch
    {
        ErrorCode.StoreUnavailable or ErrorCode.Internal or ErrorCode.StorageFull or ErrorCode.TooManyGroups => (uint)_options.RetryAfterStoreFailure.TotalMilliseconds,
        ErrorCode.RelayOverloaded => (uint)_options.RetryAfterOverload.TotalMilliseconds,
        ErrorCode.RateLimited => (uint)RetryAfterTooMany.TotalMilliseconds,
        _ => 0,
    };

    // New entries are the last of the accepted results, in order; earlier ones are repeats.
    private void CacheBodies(PushItem[] blobs, PushItemResult[] results, ulong before)
    {
        if (_relay.Room.IsTight) return;
        for (var i = 0; i < results.Length; i++)
        {
            if (results[i].Code == ErrorCode.None && results[i].Cursor > before && blobs[i].Envelope is { } body) _tailCache.Add(new Cursor(results[i].Cursor), body);
        }
    }

    // The page with its bodies, or with the names of those that the gateway reads itself; null if one of them is gone meanwhile.
    private async ValueTask<PulledItem[]?> FillAsync(PageDecision page, bool takesNames)
    {
        var bodies = new Dictionary<Cursor, StoredBody>();
        var toRead = new List<Cursor>();
        foreach (var entry in page.Entries.Where(e => e.State == BlobState.Present))
        {
            if (_tailCache.Find(entry.Cursor) is { } body) bodies.Add(entry.Cursor, new StoredBody(entry.Cursor, body));
            else toRead.Add(entry.Cursor);
        }

        if (toRead.Count > 0)
        {
            foreach (var read in await _store.ReadBodiesAsync(this.GetPrimaryKey(), toRead, CancellationToken.None))
            {
                if (read.Name is null || takesNames) bodies.Add(read.Cursor, read);
                else if (await ReadNamedAsync(read.Name.Value) is { } whole) bodies.Add(read.Cursor, new StoredBody(read.Cursor, whole));
            }
        }

        var items = new PulledItem[page.Entries.Count];
        for (var i = 0; i < items.Length; i++)
        {
            var e = page.Entries[i];
            StoredBody body = default;
            if (e.State == BlobState.Present && !bodies.TryGetValue(e.Cursor, out body)) return null;
            items[i] = new PulledItem(e.Cursor.Value, e.State, e.Sender.ToArray(), e.Sequence, e.Blob.ToArray(), e.ReceivedAtMs, AsArray(body.Body),
                body.Name is { } name ? new NamedBody(name, e.BodyBytes, 0) : null);
        }

        return items;
    }

    // For the gateway of an older relay, which takes bytes only.
    private async ValueTask<ReadOnlyMemory<byte>?> ReadNamedAsync(Guid name) => _bodies is null
        ? throw new StoreException("Bodies of this database lie in a store of their own, and none is set. Set the store that the relays had before.")
        : await _bodies.GetAsync(name, CancellationToken.None);

    private static byte[] AsArray(ReadOnlyMemory<byte> body) =>
        System.Runtime.InteropServices.MemoryMarshal.TryGetArray(body, out var segment) && segment.Offset == 0 && segment.Count == segment.Array!.Length ? segment.Array : body.ToArray();
}
