using Microsoft.Extensions.Logging;
using ZeroK.GrainContracts;
using ZeroK.Wire;

namespace ZeroK.Gateway;

/// <summary>Where the gateway puts bodies of more bytes than a grain call is to carry. A relay without one sends all bodies inline.</summary>
/// <param name="Store">All relays of the cluster reach the same one.</param>
/// <param name="InlineBytesMax">Bytes of a body that goes inline.</param>
public sealed record LargeBodyStore(IBodyStore Store, int InlineBytesMax);

/// <summary>What became of the large bodies of one PUSH: their names by the blob's place, null for an inline one; or why they can't be spoken of.</summary>
internal sealed record PutBodies(NamedBody?[] Bodies, ErrorCode Code);

/// <summary>Large bodies: put before the grain call that names them, read after the one that named them, dropped when the group has refused them. Bounded for the whole gateway.</summary>
internal sealed partial class LargeBodies(LargeBodyStore where, GatewayOptions options, MemoryWatch memory, TimeProvider time, ILogger<LargeBodies> log) : IDisposable
{
    private const int AtOnce = 32;
    private const int OfAPageAtOnce = 4;
    private static readonly TimeSpan DropWithin = TimeSpan.FromSeconds(2);

    private readonly IBodyStore _store = where.Store;
    private readonly TimeSpan _within = TimeSpan.FromSeconds(options.CallSeconds);
    private readonly SemaphoreSlim _puts = new(AtOnce);
    private readonly SemaphoreSlim _gets = new(AtOnce);

    // Half of what the gateway may hold: a store that has come to a halt leaves the other half to small pushes.
    private readonly InFlightBudget _underWay = new(options.BytesMax / 2, memory);
    private int _down;

    /// <summary>Bytes that wait for the store now.</summary>
    public long BytesUnderWay => _underWay.Bytes;

    /// <summary>Starts putting the large bodies among a push's first blobs. False if too many wait for the store.</summary>
    /// <param name="push">The push.</param>
    /// <param name="accepted">So many blobs.</param>
    /// <param name="put">Null if none is large. Never throws.</param>
    public bool TryPut(Push push, int accepted, out Task<PutBodies>? put)
    {
        put = null;
        long bytes = 0;
        for (var i = 0; i < accepted; i++) bytes += IsLarge(push.Blobs[i]) ? push.Blobs[i].Envelope.Length : 0;
        if (bytes == 0) return true;
        if (!_underWay.TryTake(bytes)) return false;
        put = PutAsync(push, accepted, bytes);
        return true;
    }

    /// <summary>Reads the named bodies of a page, by the item's place; the other places stay empty. Null if one is not there: forgotten since the page was made, or lost.</summary>
    /// <exception cref="BodyStoreException">The store doesn't answer.</exception>
    public async Task<ReadOnlyMemory<byte>[]?> GetAsync(PulledItem[] items)
    {
        var bodies = new ReadOnlyMemory<byte>[items.Length];
        var gone = 0;
        using var late = new CancellationTokenSource(_within, time);
        try
        {
            var named = Enumerable.Range(0, items.Length).Where(i => items[i].Body is not null);
            await Parallel.ForEachAsync(named, new ParallelOptions { MaxDegreeOfParallelism = OfAPageAtOnce, CancellationToken = late.Token }, async (i, stop) =>
            {
                if (await GetAsync(items[i].Body!, stop) is { } body) bodies[i] = body;
                else Interlocked.Exchange(ref gone, 1);
            });
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested)
        {
            throw Down(new BodyStoreException("The store of large bodies did not answer in time."));
        }
        catch (BodyStoreException failed)
        {
            throw Down(failed);
        }

        Answered();
        return gone == 0 ? bodies : null;
    }

    /// <summary>Drops bodies that no call under way names and no entry will, as well as it goes: what is left, the sweep finds.</summary>
    public async Task DropAsync(IReadOnlyList<Guid> names)
    {
        if (names.Count == 0) return;
        using var late = new CancellationTokenSource(DropWithin, time);
        try
        {
            await Parallel.ForEachAsync(names, new ParallelOptions { MaxDegreeOfParallelism = OfAPageAtOnce, CancellationToken = late.Token }, async (name, stop) => await _store.DeleteAsync(name, stop));
        }
        catch (Exception failed) when (failed is BodyStoreException or OperationCanceledException)
        {
            LogNotDropped(log, failed.GetType().Name);
        }
    }

    /// <summary>A body that the group names is not there, though the group was asked again.</summary>
    public void Lost() => LogLost(log);

    public void Dispose()
    {
        _puts.Dispose();
        _gets.Dispose();
    }

    private bool IsLarge(PushBlob blob) => blob.Envelope.Length > where.InlineBytesMax;

    private async Task<PutBodies> PutAsync(Push push, int accepted, long bytes)
    {
        var bodies = new NamedBody?[accepted];
        using var late = new CancellationTokenSource(_within, time);
        try
        {
            await Task.WhenAll(Enumerable.Range(0, accepted).Where(i => IsLarge(push.Blobs[i])).Select(async i => bodies[i] = await PutAsync(push.Blobs[i].Envelope, late.Token)));
            Answered();
            return new PutBodies(bodies, ErrorCode.None);
        }
        catch (BodyStoreException failed)
        {
            Down(failed);
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested)
        {
            Down(new BodyStoreException("The store of large bodies did not answer in time."));
        }
        catch (Exception fault)
        {
            LogFault(log, fault.GetType().Name, fault.StackTrace);
            return new PutBodies([], ErrorCode.Internal);
        }
        finally
        {
            _underWay.Give(bytes);
        }

        return new PutBodies([], ErrorCode.StoreUnavailable);
    }

    private async Task<NamedBody> PutAsync(ReadOnlyMemory<byte> body, CancellationToken late)
    {
        await _puts.WaitAsync(late);
        try
        {
            // The time before it is put: its age is never taken for less than it is.
            var named = new NamedBody(Guid.NewGuid(), body.Length, UnixMs.Now(time));
            await _store.PutAsync(named.Name, body, late);
            return named;
        }
        finally
        {
            _puts.Release();
        }
    }

    private async Task<ReadOnlyMemory<byte>?> GetAsync(NamedBody named, CancellationToken stop)
    {
        await _gets.WaitAsync(stop);
        try
        {
            var body = await _store.GetAsync(named.Name, stop);
            return body is null || body.Value.Length == named.Bytes ? body : throw new BodyStoreException("A large body has another length than the database says: it is damaged. Restore the store of large bodies from a backup.");
        }
        finally
        {
            _gets.Release();
        }
    }

    private BodyStoreException Down(BodyStoreException failed)
    {
        if (Interlocked.Exchange(ref _down, 1) == 0) LogDown(log, failed);
        return failed;
    }

    private void Answered()
    {
        if (Volatile.Read(ref _down) == 1 && Interlocked.Exchange(ref _down, 0) == 1) LogBack(log);
    }

    // The store's exceptions name no body.
    [LoggerMessage(1, LogLevel.Error, "The store of large bodies fails. Blobs that belong there are refused and not read; clients retry. Told once, until it answers again.")]
    private static partial void LogDown(ILogger logger, Exception exception);

    [LoggerMessage(2, LogLevel.Information, "The store of large bodies answers again.")]
    private static partial void LogBack(ILogger logger);

    [LoggerMessage(3, LogLevel.Debug, "Large bodies that a group refused were not dropped; the sweep finds them: {Fault}")]
    private static partial void LogNotDropped(ILogger logger, string fault);

    [LoggerMessage(4, LogLevel.Critical, "The database names a large body that its store does not have. Restore the store from a backup, or set the Azure Storage account that the relays had before.")]
    private static partial void LogLost(ILogger logger);

    [LoggerMessage(5, LogLevel.Error, "Putting a large body failed with {Fault} at {Stack}")]
    private static partial void LogFault(ILogger logger, string fault, string? stack);
}
