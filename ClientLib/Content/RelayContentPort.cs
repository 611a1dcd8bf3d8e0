using System.Collections.Concurrent;
using ZeroK.Client.Session;
using ZeroK.Content;
using ZeroK.Wire;

namespace ZeroK.Client.Content;

/// <summary>The content service of the primary relay, through its session: a transfer's on a side stream of its own where there is one, else as requests between those of the sync. What the primary does not have is fetched from another relay that has it.</summary>
internal sealed class RelayContentPort : IContentPort
{
    private const int KnownMax = 10_000;

    private readonly RelaySet _relays;

    // Contents that the primary did not have, and where they were found.
    private readonly ConcurrentDictionary<ContentHash, RelaySession> _elsewhere;
    private readonly TransferStream? _own;

    public RelayContentPort(RelaySet relays) : this(relays, new(), null) { }

    private RelayContentPort(RelaySet relays, ConcurrentDictionary<ContentHash, RelaySession> elsewhere, TransferStream? own) => (_relays, _elsewhere, _own) = (relays, elsewhere, own);

    public IContentPort ForTransfer() => new RelayContentPort(_relays, _elsewhere, new TransferStream());

    public ValueTask DisposeAsync() => _own?.DisposeAsync() ?? ValueTask.CompletedTask;

    public bool IsConnected => _relays.ReadySession is not null;

    // An address that no object has: the relay answers how much room there is, and notes nothing.
    public Task AskRoomAsync(long length, CancellationToken cancellationToken) => BeginPutAsync(new ContentHash(new byte[ContentHash.Size]), length, cancellationToken);

    public async Task<PutState> BeginPutAsync(ContentHash hash, long length, CancellationToken cancellationToken)
    {
        var state = await AskAsync<ContentState>(new ContentPut(hash.ToArray(), (ulong)length), cancellationToken).ConfigureAwait(false);
        return state.Code switch
        {
            ErrorCode.None => new PutState(state.IsStored, Math.Min(Long(state.HeldBytes), length)),
            ErrorCode.GroupQuotaExceeded => throw new ContentRefusedException(state.Code, 0, WhatToDo.About(state.Code), new ContentQuota(Long(state.QuotaBytes), Long(state.UsedBytes), length)),
            _ => throw new ContentRefusedException(state.Code, 0, WhatToDo.About(state.Code)),
        };
    }

    public async Task PutAsync(ContentHash hash, long length, long offset, int count, ReadOnlyMemory<byte> encoding, CancellationToken cancellationToken) =>
        await OnceAsync<Ok>(new ContentPiece(hash.ToArray(), (ulong)length, (ulong)offset, (uint)count, encoding), cancellationToken).ConfigureAwait(false);

    public async Task FinishPutAsync(ContentHash hash, long length, CancellationToken cancellationToken) =>
        await OnceAsync<ContentAck>(new ContentRef(hash.ToArray(), (ulong)length), cancellationToken).ConfigureAwait(false);

    public async Task<ReadOnlyMemory<byte>> GetAsync(ContentHash hash, long length, long offset, int count, CancellationToken cancellationToken)
    {
        var get = new ContentGet(hash.ToArray(), (ulong)length, (ulong)offset, (uint)count);
        if (_elsewhere.TryGetValue(hash, out var known))
        {
            if (await TryAsync(known, get, cancellationToken).ConfigureAwait(false) is { } there) return there.Encoding;
            _elsewhere.TryRemove(hash, out _);
        }

        try
        {
            return (await AskAsync<ContentPart>(get, cancellationToken).ConfigureAwait(false)).Encoding;
        }
        catch (ContentRefusedException e) when (e.Code == ErrorCode.ContentNotFound)
        {
            // It may have been put while another relay was the primary.
            foreach (var session in _relays.OtherSessions)
            {
                if (await TryAsync(session, get, cancellationToken).ConfigureAwait(false) is not { } found) continue;
                if (_elsewhere.Count >= KnownMax) _elsewhere.Clear();
                _elsewhere[hash] = session;
                return found.Encoding;
            }

            throw;
        }
    }

    public void GiveBack(ReadOnlyMemory<byte> encoding) => LargeBuffers.Return(encoding);

    public async Task ReleaseAsync(ContentHash hash, long length, CancellationToken cancellationToken) =>
        await AskAsync<Ok>(new ContentRelease(hash.ToArray()), cancellationToken).ConfigureAwait(false);

    // Null if this relay can't help now.
    private static async Task<ContentPart?> TryAsync(RelaySession session, ContentGet get, CancellationToken cancellationToken)
    {
        try
        {
            return await session.RequestAsync(get, cancellationToken).ConfigureAwait(false) as ContentPart;
        }
        catch (Exception e) when (e is SessionFailedException or IOException)
        {
            return null;
        }
    }

    // On this session or the next that can be had: for what may be asked twice.
    private async Task<T> AskAsync<T>(WireMessage message, CancellationToken cancellationToken) where T : WireMessage =>
        Expected<T>(await _relays.WithSessionAsync(
            (_, session) => _own is null ? session.RequestAsync(message, cancellationToken) : _own.RequestAsync(session, message, cancellationToken), cancellationToken).ConfigureAwait(false));

    // On this session and stream alone: on another one the relay must first be asked what it holds.
    private async Task<T> OnceAsync<T>(WireMessage message, CancellationToken cancellationToken) where T : WireMessage
    {
        if (_relays.ReadySession is not { } session) throw new IOException("There is no connection to the relay.");
        try
        {
            return Expected<T>(await (_own is null ? session.RequestAsync(message, cancellationToken) : _own.RequestSameAsync(session, message, cancellationToken)).ConfigureAwait(false));
        }
        catch (SessionFailedException e)
        {
            throw new IOException(e.Failure.Reason, e);
        }
    }

    private static T Expected<T>(WireMessage reply) where T : WireMessage => reply switch
    {
        T expected => expected,
        ErrorMessage error => throw new ContentRefusedException(error.Code, error.RetryAfterMs, WhatToDo.About(error.Code)),
        _ => throw new ContentRefusedException(ErrorCode.InvalidMessage, 0, "The relay answered with something else."),
    };

    private static long Long(ulong value) => (long)Math.Min(value, long.MaxValue);
}
