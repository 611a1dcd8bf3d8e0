using ZeroK.Grains.Storage;

namespace ZeroK.Storage.PostgreSql;

/// <summary>Puts large bodies into a store of their own before their commit, and keeps the commits of a group in the order of the calls meanwhile.</summary>
/// <remarks>
/// A body is durable before its cursor is. A commit that fails afterwards leaves a body that nothing refers to: <see cref="BodySweep"/>
/// drops it when it is old. So a commit must not come long after its bodies: one that took too long is refused.
/// </remarks>
internal sealed class LargeBodies(IBodyStore bodies, int inlineBytesMax, long waitingBytesMax, TimeProvider time) : IDisposable
{
    private const int UploadsAtOnce = 32;

    /// <summary>The longest from a body's upload to its commit; well below <see cref="BodySweep.OrphanAge"/>.</summary>
    private static readonly TimeSpan UploadAgeMax = TimeSpan.FromMinutes(10);

    private readonly Dictionary<Guid, Task> _ahead = [];
    private readonly SemaphoreSlim _uploads = new(UploadsAtOnce);
    private long _waitingBytes;

    /// <summary>Hands a commit to the writer, after its bodies are durable and after all that was called before for the group.</summary>
    public Task<bool> CommitAsync(GroupCommit commit, Func<GroupCommit, Task<bool>> write) => commit.Appends.Any(IsLarge)
        ? InOrderAsync<bool>(commit.Group, commit.BodyBytes, async () =>
        {
            var named = await UploadAsync(commit);
            return () => write(named);
        })
        : InOrderAsync(commit.Group, commit.BodyBytes, null, () => write(commit));

    /// <summary>Hands a takeover to the writer, after all that was called before for the group.</summary>
    public Task<ulong?> TakeOverAsync(Guid group, Func<Task<ulong?>> write) => InOrderAsync(group, 0, null, write);

    public void Dispose() => _uploads.Dispose();

    /// <summary>Reads the bodies that lie elsewhere. One that is gone is left out, with those that were forgotten meanwhile.</summary>
    public async Task<IReadOnlyList<StoredBody>> FillAsync(IReadOnlyList<BodyPlace> places, CancellationToken cancellationToken)
    {
        var found = new List<StoredBody>(places.Count);
        foreach (var place in places)
        {
            if (place.Name is not { } name) found.Add(new StoredBody(place.Cursor, place.Body));
            else if (await bodies.GetAsync(name, cancellationToken) is { } body) found.Add(new StoredBody(place.Cursor, body));
        }

        return found;
    }

    private Task<T> InOrderAsync<T>(Guid group, long bytes, Func<Task<Func<Task<T>>>>? prepare, Func<Task<T>>? write = null)
    {
        Task? before;
        var handed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_ahead)
        {
            if (!_ahead.TryGetValue(group, out before) && prepare is null) return write!();
            if (_waitingBytes + bytes > waitingBytesMax) throw new StoreException("Too many large bodies wait for their store: it is too slow for the load.");
            _waitingBytes += bytes;
            _ahead[group] = handed.Task;
        }

        return AfterAsync(group, bytes, before, handed, prepare ?? (() => Task.FromResult(write!)));
    }

    private async Task<T> AfterAsync<T>(Guid group, long bytes, Task? before, TaskCompletionSource handed, Func<Task<Func<Task<T>>>> prepare)
    {
        Task<T> written;
        try
        {
            var since = time.GetTimestamp();
            var write = await prepare();
            if (before is not null) await before;
            if (time.GetElapsedTime(since) > UploadAgeMax) throw new StoreException("Large bodies took too long on their way. Nothing was acknowledged.");
            written = write();
        }
        finally
        {
            // A commit after one that was not handed over is fenced: it expects the cursor that the lost one would have left.
            if (before is not null) await before;
            lock (_ahead)
            {
                _waitingBytes -= bytes;
                if (_ahead[group] == handed.Task) _ahead.Remove(group);
            }

            handed.SetResult();
        }

        return await written;
    }

    private async Task<GroupCommit> UploadAsync(GroupCommit commit)
    {
        var appends = await Task.WhenAll(commit.Appends.Select(async append =>
        {
            if (!IsLarge(append)) return append;
            await _uploads.WaitAsync();
            try
            {
                var name = Guid.NewGuid();
                await bodies.PutAsync(name, append.Body, CancellationToken.None);
                return append with { BodyName = name };
            }
            finally
            {
                _uploads.Release();
            }
        }));
        return commit with { Appends = appends };
    }

    private bool IsLarge(Append append) => append.Body.Length > inlineBytesMax;
}

/// <summary>A body, or where it lies.</summary>
internal readonly record struct BodyPlace(Wire.Cursor Cursor, ReadOnlyMemory<byte> Body, Guid? Name);
