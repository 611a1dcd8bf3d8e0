using System.Threading.Channels;

namespace ZeroK.Transport;

/// <summary>One side of an in-memory connection: its main stream, and extra ones as QUIC has them.</summary>
internal sealed class MemoryConnection : IConnection
{
    // Streams that the peer has opened and this side has not accepted yet; more wait, as for QUIC's stream credit.
    private const int ArrivedMax = 16;

    private readonly MemoryNetwork _network;
    private readonly MemoryByteStream _main;
    private readonly Lock _gate = new();
    private readonly List<MemoryByteStream> _streams = [];
    private readonly Channel<MemoryByteStream> _arrived = Channel.CreateBounded<MemoryByteStream>(ArrivedMax);
    private MemoryConnection? _peer;
    private int _opened;
    private bool _disposed;

    private MemoryConnection(MemoryNetwork network, int number, MemoryDirection sends, MemoryPipe incoming, MemoryPipe outgoing)
    {
        (_network, Number, Sends) = (network, number, sends);
        _main = new MemoryByteStream(this, network, 0, incoming, outgoing);
    }

    public int Number { get; }

    public MemoryDirection Sends { get; }

    public TransportKind Kind => TransportKind.Memory;

    public string RemoteAddress => "memory";

    public bool HasStreams => _network.HasStreams;

    /// <summary>Both sides of a new connection.</summary>
    public static (MemoryConnection Client, MemoryConnection Relay) Pair(MemoryNetwork network, int number)
    {
        var (up, down) = (network.NewPipe(), network.NewPipe());
        var client = new MemoryConnection(network, number, MemoryDirection.ToRelay, down, up);
        var relay = new MemoryConnection(network, number, MemoryDirection.ToClient, up, down) { _peer = client };
        client._peer = relay;
        return (client, relay);
    }

    public ValueTask SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken = default) => _main.SendAsync(bytes, cancellationToken);

    public ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => _main.ReceiveAsync(buffer, cancellationToken);

    public ValueTask CompleteAsync(CancellationToken cancellationToken = default) => _main.CompleteAsync(cancellationToken);

    public async ValueTask<IByteStream> OpenStreamAsync(CancellationToken cancellationToken = default)
    {
        ThrowIfOneStream();
        var (there, back) = (_network.NewPipe(), _network.NewPipe());
        var number = Interlocked.Increment(ref _opened);
        var mine = new MemoryByteStream(this, _network, number, back, there);
        var peer = _peer!;
        var theirs = new MemoryByteStream(peer, _network, number, there, back);
        Keep(mine);
        peer.Keep(theirs);
        try
        {
            await peer._arrived.Writer.WriteAsync(theirs, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            await mine.DisposeAsync().ConfigureAwait(false);
            await theirs.DisposeAsync().ConfigureAwait(false);
            if (e is not ChannelClosedException) throw;
            throw new TransportException("In memory: the connection is gone.", e);
        }

        return mine;
    }

    public async ValueTask<IByteStream> AcceptStreamAsync(CancellationToken cancellationToken = default)
    {
        ThrowIfOneStream();
        try
        {
            return await _arrived.Reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (ChannelClosedException e)
        {
            throw new TransportException("In memory: the connection is gone.", e);
        }
    }

    public ValueTask DisposeAsync()
    {
        _main.Abort();
        List<MemoryByteStream> streams;
        lock (_gate)
        {
            _disposed = true;
            streams = [.. _streams];
            _streams.Clear();
        }

        _arrived.Writer.TryComplete();
        _peer!._arrived.Writer.TryComplete();
        foreach (var stream in streams) stream.Abort();
        return ValueTask.CompletedTask;
    }

    /// <summary>A stream was disposed of.</summary>
    public void Forget(MemoryByteStream stream)
    {
        lock (_gate) _streams.Remove(stream);
    }

    // Also what is opened while the connection goes.
    private void Keep(MemoryByteStream stream)
    {
        lock (_gate)
        {
            if (!_disposed)
            {
                _streams.Add(stream);
                return;
            }
        }

        stream.Abort();
    }

    private void ThrowIfOneStream()
    {
        if (!HasStreams) throw new NotSupportedException("This in-memory network has one stream a connection.");
    }
}
