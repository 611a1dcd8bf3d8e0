using System.Collections.Concurrent;
using System.Security.Cryptography;
using NSec.Cryptography;
using ZeroK.Channel;
using ZeroK.Noise;
using ZeroK.Transport;
using ZeroK.Wire;

namespace ZeroK.Bench.Relay;

/// <summary>A session without the client library: the wire alone, so that a figure is the relay's and not the client's disk's.</summary>
internal sealed class RawSession : IAsyncDisposable
{
    private readonly IFrameChannel _channel;
    private readonly ConcurrentDictionary<uint, TaskCompletionSource<WireMessage>> _waiting = new();
    private readonly Task _reader;
    private uint _lastRequest;

    private RawSession(IFrameChannel channel)
    {
        _channel = channel;
        _reader = Task.Run(ReadAsync);
    }

    /// <summary>Called on the reading thread for each NOTIFY.</summary>
    public Action<Cursor>? Notified { get; set; }

    public static async Task<RawSession> OpenAsync(ITransport transport, RelayUnderTest relay, DeviceIdentity device, Key admission, bool create)
    {
        var connection = await transport.ConnectAsync(relay.Endpoint);
        var channel = await SecureChannel.ConnectAsync(connection, device, relay.Fingerprint, ChannelOptions.Default);
        var session = new RawSession(channel);
        var key = admission.PublicKey.Export(KeyBlobFormat.RawPublicKey);
        var group = SHA256.HashData([.. "0ksync/1 group"u8, .. key]);
        byte[] text = [.. "0ksync/1 hello"u8, .. channel.HandshakeHash.Span, .. group, .. device.Id.Span];
        var signature = SignatureAlgorithm.Ed25519.Sign(admission, text);
        await session.RequestAsync<Welcome>(new Hello(new GroupId(group), device.SigningKey, key, signature, create, default));
        return session;
    }

    public async Task<T> RequestAsync<T>(WireMessage message) where T : WireMessage
    {
        var reply = await (await SendAsync(message));
        return reply as T ?? throw new InvalidOperationException($"Expected {typeof(T).Name}, got {reply}");
    }

    public async ValueTask<Task<WireMessage>> SendAsync(WireMessage message)
    {
        var id = Interlocked.Increment(ref _lastRequest);
        var reply = new TaskCompletionSource<WireMessage>(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiting[id] = reply;
        await _channel.SendAsync(id, message);
        return reply.Task;
    }

    public ValueTask TellAsync(WireMessage message) => _channel.SendAsync(0, message);

    private async Task ReadAsync()
    {
        try
        {
            while (await _channel.ReceiveAsync() is { } frame)
            {
                if (frame.Message is Notify notify) Notified?.Invoke(notify.Head);
                else if (_waiting.TryRemove(frame.RequestId, out var waiting)) waiting.SetResult(frame.Message);
                else if (frame.Message is Bye or ErrorMessage) throw new InvalidOperationException($"The relay ended the session: {frame.Message}");
            }
        }
        catch (Exception e)
        {
            foreach (var waiting in _waiting.Values) waiting.TrySetException(e);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _channel.DisposeAsync();
        await _reader;
    }
}
