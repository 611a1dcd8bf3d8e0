using System.Collections.Concurrent;
using ZeroK.Transport;

namespace ZeroK.Chaos.Topology;

/// <summary>Another transport on the relay's side, whose connections can be ended without a word: what the death of a process does to them.</summary>
internal sealed class CuttableTransport(ITransport inner) : ITransport
{
    private readonly ConcurrentDictionary<IConnection, byte> _connections = new();
    private readonly ConcurrentBag<IListener> _listeners = [];

    public TransportKind Kind => inner.Kind;

    public bool IsSupported(out string? why) => inner.IsSupported(out why);

    public ValueTask<IConnection> ConnectAsync(RelayEndpoint endpoint, CancellationToken cancellationToken = default) => inner.ConnectAsync(endpoint, cancellationToken);

    public async ValueTask<IListener> ListenAsync(string address, int port, CancellationToken cancellationToken = default)
    {
        var listener = await inner.ListenAsync(address, port, cancellationToken).ConfigureAwait(false);
        _listeners.Add(listener);
        return new Listener(listener, _connections);
    }

    /// <summary>Closes the listeners and ends every connection.</summary>
    public async Task CutAsync()
    {
        foreach (var listener in _listeners) await listener.DisposeAsync().ConfigureAwait(false);
        foreach (var connection in _connections.Keys) await connection.DisposeAsync().ConfigureAwait(false);
        _connections.Clear();
    }

    private sealed class Listener(IListener inner, ConcurrentDictionary<IConnection, byte> connections) : IListener
    {
        public TransportKind Kind => inner.Kind;

        public int Port => inner.Port;

        public async ValueTask<IConnection> AcceptAsync(CancellationToken cancellationToken = default)
        {
            var connection = await inner.AcceptAsync(cancellationToken).ConfigureAwait(false);
            connections.TryAdd(connection, 0);
            return new Connection(connection, connections);
        }

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }

    private sealed class Connection(IConnection inner, ConcurrentDictionary<IConnection, byte> connections) : IConnection
    {
        public TransportKind Kind => inner.Kind;

        public string RemoteAddress => inner.RemoteAddress;

        public bool HasStreams => inner.HasStreams;

        public ValueTask<IByteStream> OpenStreamAsync(CancellationToken cancellationToken = default) => inner.OpenStreamAsync(cancellationToken);

        public ValueTask<IByteStream> AcceptStreamAsync(CancellationToken cancellationToken = default) => inner.AcceptStreamAsync(cancellationToken);

        public ValueTask SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken = default) => inner.SendAsync(bytes, cancellationToken);

        public ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => inner.ReceiveAsync(buffer, cancellationToken);

        public ValueTask CompleteAsync(CancellationToken cancellationToken = default) => inner.CompleteAsync(cancellationToken);

        public ValueTask DisposeAsync()
        {
            connections.TryRemove(inner, out _);
            return inner.DisposeAsync();
        }
    }
}
