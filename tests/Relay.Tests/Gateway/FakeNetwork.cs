using System.Threading.Channels;
using ZeroK.Transport;

namespace ZeroK.Relay.Tests.Gateway;

/// <summary>Connections from any address that a test names; what is sent on them raw is kept.</summary>
internal sealed class FakeConnection(string address) : IConnection
{
    public TaskCompletionSource<FakeChannel> Handshake { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    public TaskCompletionSource Disposed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    public List<byte> Sent { get; } = [];
    public TransportKind Kind => TransportKind.Memory;
    public string RemoteAddress => address;
    public bool HasStreams => false;

    public ValueTask SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken = default)
    {
        Sent.AddRange(bytes.Span);
        return ValueTask.CompletedTask;
    }

    public ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => new(0);

    public ValueTask CompleteAsync(CancellationToken cancellationToken = default) => ValueTask.CompletedTask;

    public ValueTask<IByteStream> OpenStreamAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public ValueTask<IByteStream> AcceptStreamAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public ValueTask DisposeAsync()
    {
        Disposed.TrySetResult();
        return ValueTask.CompletedTask;
    }
}

/// <summary>A transport whose connections a test makes.</summary>
internal sealed class FakeNetwork : ITransport, IListener
{
    private readonly Channel<IConnection> _waiting = System.Threading.Channels.Channel.CreateUnbounded<IConnection>();

    public TransportKind Kind => TransportKind.Memory;
    public int Port => 0;

    public void Arrives(IConnection connection) => _waiting.Writer.TryWrite(connection);

    public bool IsSupported(out string? why)
    {
        why = null;
        return true;
    }

    public ValueTask<IConnection> ConnectAsync(RelayEndpoint endpoint, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public ValueTask<IListener> ListenAsync(string address, int port, CancellationToken cancellationToken = default) => new(this);

    public ValueTask<IConnection> AcceptAsync(CancellationToken cancellationToken = default) => _waiting.Reader.ReadAsync(cancellationToken);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
