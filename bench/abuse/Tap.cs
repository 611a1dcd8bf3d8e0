using ZeroK.Transport;

namespace ZeroK.Bench.Abuse;

/// <summary>A transport whose bytes the attacker holds: keeps what was sent first, and can send a part only.</summary>
internal sealed class Tap(ITransport? under = null) : ITransport
{
    private readonly ITransport _under = under ?? new TcpTransport();

    public Line? Last { get; private set; }

    public TransportKind Kind => _under.Kind;

    public bool IsSupported(out string? why) => _under.IsSupported(out why);

    public async ValueTask<IConnection> ConnectAsync(RelayEndpoint endpoint, CancellationToken cancellationToken = default) =>
        Last = new Line(await _under.ConnectAsync(endpoint, cancellationToken));

    public ValueTask<IListener> ListenAsync(string address, int port, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    internal sealed class Line(IConnection inner) : IConnection
    {
        private long _left = long.MaxValue;

        public byte[] First { get; private set; } = [];

        public TransportKind Kind => inner.Kind;
        public string RemoteAddress => inner.RemoteAddress;
        public bool HasStreams => false;

        /// <summary>After so many more bytes nothing goes out, though the sender is told so.</summary>
        public void StopAfter(long bytes) => _left = bytes;

        public async ValueTask SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken = default)
        {
            if (First.Length == 0) First = bytes.ToArray();
            var part = bytes[..(int)Math.Min(bytes.Length, _left)];
            _left -= part.Length;
            if (!part.IsEmpty) await inner.SendAsync(part, cancellationToken);
        }

        public ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => inner.ReceiveAsync(buffer, cancellationToken);
        public ValueTask CompleteAsync(CancellationToken cancellationToken = default) => inner.CompleteAsync(cancellationToken);
        public ValueTask<IByteStream> OpenStreamAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();
        public ValueTask<IByteStream> AcceptStreamAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();
        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
