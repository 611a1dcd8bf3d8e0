using System.Collections.Concurrent;
using System.Security.Cryptography;
using NSec.Cryptography;
using ZeroK.Channel;
using ZeroK.Noise;
using ZeroK.Transport;
using ZeroK.Wire;

namespace ZeroK.Chaos.Cluster;

/// <summary>A device's session on the wire itself, without the client library: what a run shows is the cluster's, not the client's own care.</summary>
public sealed class WireSession : IAsyncDisposable
{
    private static readonly TimeSpan HintPatience = TimeSpan.FromSeconds(3);

    private readonly IFrameChannel _channel;
    private readonly ConcurrentDictionary<uint, TaskCompletionSource<WireMessage>> _waiting = new();
    private readonly CancellationTokenSource _over = new();
    private readonly Action<WireMessage>? _unasked;
    private readonly Task _reader;
    private uint _lastRequest;

    private WireSession(IFrameChannel channel, Action<WireMessage>? unasked)
    {
        (_channel, _unasked) = (channel, unasked);
        _reader = Task.Run(ReadAsync);
    }

    /// <summary>What the relay said of the device and the group.</summary>
    public Welcome Welcome { get; private set; } = null!;

    /// <summary>Ends when the session does.</summary>
    public CancellationToken Over => _over.Token;

    /// <summary>The BYE that ended it, if there was one.</summary>
    public Bye? Bye { get; private set; }

    /// <summary>As <see cref="OpenAsync"/>; and where the relay names a better address, the session is there, as the client library has it.</summary>
    public static async Task<WireSession> OpenWhereBestAsync(ITransport transport, RelayEndpoint endpoint, ReadOnlyMemory<byte> fingerprint, DeviceIdentity device, Key admission, TimeSpan patience, Action<WireMessage>? unasked, CancellationToken cancellationToken)
    {
        var listed = await OpenAsync(transport, endpoint, fingerprint, device, admission, patience, unasked, cancellationToken).ConfigureAwait(false);
        if (!RelayEndpoint.TryParse(listed.Welcome.Hint, out var elsewhere)) return listed;
        try
        {
            var moved = await OpenAsync(transport, elsewhere, fingerprint, device, admission, HintPatience, unasked, cancellationToken).ConfigureAwait(false);
            await listed.DisposeAsync().ConfigureAwait(false);
            return moved;
        }
        catch (SessionEndedException) when (!cancellationToken.IsCancellationRequested)
        {
            return listed;
        }
    }

    /// <summary>Connects, shakes hands and says HELLO.</summary>
    /// <param name="transport">TCP or QUIC.</param>
    /// <param name="endpoint">The relay.</param>
    /// <param name="fingerprint">Its identity.</param>
    /// <param name="device">The device's.</param>
    /// <param name="admission">The group's admission key.</param>
    /// <param name="patience">For all of it.</param>
    /// <param name="unasked">Gets NOTIFY and the like, on the reading thread.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="SessionEndedException">The relay refused, or the session broke.</exception>
    public static async Task<WireSession> OpenAsync(ITransport transport, RelayEndpoint endpoint, ReadOnlyMemory<byte> fingerprint, DeviceIdentity device, Key admission, TimeSpan patience, Action<WireMessage>? unasked, CancellationToken cancellationToken)
    {
        using var late = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        late.CancelAfter(patience);
        WireSession? session = null;
        try
        {
            var connection = await transport.ConnectAsync(endpoint, late.Token).ConfigureAwait(false);
            var channel = await SecureChannel.ConnectAsync(connection, device, fingerprint, ChannelOptions.Default, late.Token).ConfigureAwait(false);
            session = new WireSession(channel, unasked);
            var key = admission.PublicKey.Export(KeyBlobFormat.RawPublicKey);
            var group = SHA256.HashData([.. "0ksync/1 group"u8, .. key]);
            byte[] text = [.. "0ksync/1 hello"u8, .. channel.HandshakeHash.Span, .. group, .. device.Id.Span];
            var signature = SignatureAlgorithm.Ed25519.Sign(admission, text);
            session.Welcome = await session.RequestAsync<Welcome>(new Hello(new GroupId(group), device.SigningKey, key, signature, true, default), patience, late.Token).ConfigureAwait(false);
            return session;
        }
        catch (Exception e) when (e is IOException or ChannelException or OperationCanceledException or SessionEndedException or ObjectDisposedException)
        {
            if (session is not null) await session.DisposeAsync().ConfigureAwait(false);
            throw e as SessionEndedException ?? new SessionEndedException($"No session: {e.GetType().Name}", e);
        }
    }

    /// <summary>Sends a request and waits for its answer.</summary>
    /// <exception cref="SessionEndedException">The session broke, the answer did not come in time, or it was an ERROR.</exception>
    public async Task<T> RequestAsync<T>(WireMessage message, TimeSpan patience, CancellationToken cancellationToken) where T : WireMessage
    {
        var id = Interlocked.Increment(ref _lastRequest);
        var reply = new TaskCompletionSource<WireMessage>(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiting[id] = reply;
        try
        {
            if (_over.IsCancellationRequested) throw new SessionEndedException("The session is over.");
            await _channel.SendAsync(id, message, cancellationToken).ConfigureAwait(false);
            var got = await reply.Task.WaitAsync(patience, TimeProvider.System, cancellationToken).ConfigureAwait(false);
            return got as T ?? throw new SessionEndedException(got is ErrorMessage error ? $"Refused: {error.Code}" : $"Expected {typeof(T).Name}, got {got.Type}") { Code = (got as ErrorMessage)?.Code ?? ErrorCode.None };
        }
        catch (Exception e) when (e is IOException or ChannelException or TimeoutException or ObjectDisposedException)
        {
            throw new SessionEndedException($"The session broke: {e.GetType().Name}", e);
        }
        finally
        {
            _waiting.TryRemove(id, out _);
        }
    }

    /// <summary>Sends what has no answer.</summary>
    /// <exception cref="SessionEndedException">The session broke.</exception>
    public async Task TellAsync(WireMessage message, CancellationToken cancellationToken)
    {
        try
        {
            await _channel.SendAsync(0, message, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or ChannelException or ObjectDisposedException)
        {
            throw new SessionEndedException($"The session broke: {e.GetType().Name}", e);
        }
    }

    private async Task ReadAsync()
    {
        try
        {
            while (await _channel.ReceiveAsync().ConfigureAwait(false) is { } frame)
            {
                if (frame.Message is Bye bye) Bye = bye;
                if (_waiting.TryRemove(frame.RequestId, out var waiting)) waiting.TrySetResult(frame.Message);
                else _unasked?.Invoke(frame.Message);
            }
        }
        catch (Exception e) when (e is IOException or ChannelException or ObjectDisposedException or OperationCanceledException)
        {
            foreach (var waiting in _waiting.Values) waiting.TrySetException(new IOException("The session broke.", e));
        }
        finally
        {
            await _over.CancelAsync().ConfigureAwait(false);
            foreach (var waiting in _waiting.Values) waiting.TrySetException(new IOException("The session ended."));
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _channel.DisposeAsync().ConfigureAwait(false);
        await _reader.ConfigureAwait(false);
        _over.Dispose();
    }
}

/// <summary>A session is over, or a request was refused.</summary>
public sealed class SessionEndedException : Exception
{
    public SessionEndedException(string message) : base(message) { }
    public SessionEndedException(string message, Exception inner) : base(message, inner) { }
    public SessionEndedException() { }

    /// <summary>The relay's code, where it was an ERROR.</summary>
    public ErrorCode Code { get; init; }
}
