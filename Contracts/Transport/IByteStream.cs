namespace ZeroK.Transport;

/// <summary>A reliable ordered stream of bytes in both directions. One sender and one receiver at a time; the two may overlap.</summary>
public interface IByteStream : IAsyncDisposable
{
    /// <summary>Hands the bytes to the transport, in order; completes when they may be reused, with back-pressure from the peer.</summary>
    /// <exception cref="TransportException">The connection is gone: some of the bytes may have arrived.</exception>
    ValueTask SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken = default);

    /// <summary>Receives 1 to <c>buffer.Length</c> bytes; 0 when the peer has completed its side in order.</summary>
    /// <remarks>An empty buffer waits until something can be read, and returns 0: check with a real one. Cancelling makes the stream unusable.</remarks>
    /// <exception cref="TransportException">The connection is gone.</exception>
    ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken = default);

    /// <summary>Says that nothing more will be sent; what was sent still arrives.</summary>
    ValueTask CompleteAsync(CancellationToken cancellationToken = default);
}

/// <summary>A connection: its main stream, and extra ones where the transport has them.</summary>
/// <remarks>Disposing aborts it: what the peer has not read may be lost. So the side that received last closes first.</remarks>
public interface IConnection : IByteStream
{
    /// <summary>Which transport carries it.</summary>
    TransportKind Kind { get; }

    /// <summary>The peer's address, the key of limits by address ("127.0.0.1"; "memory"). Not for logs.</summary>
    string RemoteAddress { get; }

    /// <summary>Whether <see cref="OpenStreamAsync"/> and <see cref="AcceptStreamAsync"/> work.</summary>
    bool HasStreams { get; }

    /// <summary>Opens an extra stream.</summary>
    /// <exception cref="NotSupportedException"><see cref="HasStreams"/> is false.</exception>
    ValueTask<IByteStream> OpenStreamAsync(CancellationToken cancellationToken = default);

    /// <summary>Waits for an extra stream that the peer opens. It becomes visible with its first byte.</summary>
    /// <exception cref="NotSupportedException"><see cref="HasStreams"/> is false.</exception>
    ValueTask<IByteStream> AcceptStreamAsync(CancellationToken cancellationToken = default);
}

/// <summary>Accepts connections.</summary>
public interface IListener : IAsyncDisposable
{
    /// <summary>Which transport it speaks.</summary>
    TransportKind Kind { get; }

    /// <summary>The port that it is bound to; 0 for the in-memory transport.</summary>
    int Port { get; }

    /// <summary>Asked with a client's address before anything is computed for it: false drops its attempt. Null where the transport computes nothing by itself; setting it does nothing there.</summary>
    Func<string, bool>? Gate
    {
        get => null;
        set { }
    }

    /// <summary>Asked with a client's address how many connections it has already, and how many there are in all: where a transport's library holds bytes that nobody has read, a further connection may leave fewer with it. Null: as if there were none; setting it does nothing where the transport holds nothing.</summary>
    Func<string, (int OfAddress, int InAll)>? Crowd
    {
        get => null;
        set { }
    }

    /// <summary>Waits for the next connection. Single failed attempts are counted and passed over, never thrown.</summary>
    /// <exception cref="ObjectDisposedException">The listener was disposed of.</exception>
    ValueTask<IConnection> AcceptAsync(CancellationToken cancellationToken = default);
}

/// <summary>Makes connections of one kind.</summary>
public interface ITransport
{
    /// <summary>Which transport it is.</summary>
    TransportKind Kind { get; }

    /// <summary>Whether it works on this machine; if not, <paramref name="why"/> says what is missing and what to do.</summary>
    bool IsSupported(out string? why);

    /// <summary>Whether it connects to IP addresses: then names are looked up before, and each address is an attempt of its own. One that knows names itself gets them.</summary>
    bool TakesAddresses => false;

    /// <summary>Connects to a relay.</summary>
    /// <exception cref="TransportException">It can't be reached.</exception>
    ValueTask<IConnection> ConnectAsync(RelayEndpoint endpoint, CancellationToken cancellationToken = default);

    /// <summary>Listens.</summary>
    /// <param name="address">An IP address, "*" for all, or a name for the in-memory transport.</param>
    /// <param name="port">The port; 0 lets the system choose.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="TransportException">The port is taken or the transport is not supported.</exception>
    ValueTask<IListener> ListenAsync(string address, int port, CancellationToken cancellationToken = default);
}

/// <summary>The kinds of transport.</summary>
public enum TransportKind
{
    /// <summary>None.</summary>
    None = 0,
    /// <summary>QUIC (RFC 9000) by System.Net.Quic.</summary>
    Quic,
    /// <summary>TCP.</summary>
    Tcp,
    /// <summary>In one process, for tests.</summary>
    Memory,
}

/// <summary>The transport failed: nothing is known about what the peer received.</summary>
public sealed class TransportException : IOException
{
    public TransportException(string message) : base(message) { }
    public TransportException(string message, Exception inner) : base(message, inner) { }
    public TransportException() { }
}
