using System.Net.Quic;
using System.Runtime.Versioning;

namespace ZeroK.Transport;

/// <summary>A QUIC connection: its first bidirectional stream is the main one.</summary>
/// <remarks>
/// QUIC shows a stream to the peer with its first byte. So the client opens the main stream and sends one zero byte on it at once, which the relay drops:
/// then either side may speak first, and the main stream is always the first one.
/// </remarks>
[SupportedOSPlatform("linux")]
[SupportedOSPlatform("macos")]
[SupportedOSPlatform("windows")]
internal sealed class QuicConnectionAdapter : IConnection
{
    private static readonly byte[] Opening = [0];

    private readonly QuicConnection _connection;
    private readonly Lazy<Task<QuicByteStream>> _main;
    private int _disposed;

    private QuicConnectionAdapter(QuicConnection connection, Func<Task<QuicByteStream>> main)
    {
        _connection = connection;
        _main = new Lazy<Task<QuicByteStream>>(main);
        RemoteAddress = AddressOf(connection);
    }

    public TransportKind Kind => TransportKind.Quic;

    public string RemoteAddress { get; }

    public bool HasStreams => true;

    /// <summary>The peer's address, an IPv4 one never in IPv6 form.</summary>
    public static string AddressOf(QuicConnection connection)
    {
        var address = connection.RemoteEndPoint.Address;
        return (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).ToString();
    }

    /// <summary>The side that connected.</summary>
    public static async Task<QuicConnectionAdapter> OpenAsync(QuicConnection connection, CancellationToken cancellationToken)
    {
        var stream = await connection.OpenOutboundStreamAsync(QuicStreamType.Bidirectional, cancellationToken).ConfigureAwait(false);
        await stream.WriteAsync(Opening, cancellationToken).ConfigureAwait(false);
        var main = Task.FromResult(new QuicByteStream(stream));
        return new QuicConnectionAdapter(connection, () => main);
    }

    /// <summary>The side that accepted. The main stream is waited for at the first use, so that one slow client doesn't hold up the next.</summary>
    public static QuicConnectionAdapter Accepted(QuicConnection connection) => new(connection, () => AcceptMainAsync(connection));

    public async ValueTask SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken = default) =>
        await (await MainAsync(cancellationToken).ConfigureAwait(false)).SendAsync(bytes, cancellationToken).ConfigureAwait(false);

    public async ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        await (await MainAsync(cancellationToken).ConfigureAwait(false)).ReceiveAsync(buffer, cancellationToken).ConfigureAwait(false);

    public async ValueTask CompleteAsync(CancellationToken cancellationToken = default) =>
        await (await MainAsync(cancellationToken).ConfigureAwait(false)).CompleteAsync(cancellationToken).ConfigureAwait(false);

    public async ValueTask<IByteStream> OpenStreamAsync(CancellationToken cancellationToken = default)
    {
        try
        {
            return new QuicByteStream(await _connection.OpenOutboundStreamAsync(QuicStreamType.Bidirectional, cancellationToken).ConfigureAwait(false));
        }
        catch (Exception e) when (QuicFaults.IsGone(e))
        {
            throw QuicFaults.Gone(e);
        }
    }

    public async ValueTask<IByteStream> AcceptStreamAsync(CancellationToken cancellationToken = default)
    {
        // The main stream comes first.
        await MainAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return new QuicByteStream(await _connection.AcceptInboundStreamAsync(cancellationToken).ConfigureAwait(false));
        }
        catch (Exception e) when (QuicFaults.IsGone(e))
        {
            throw QuicFaults.Gone(e);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0) return;
        try
        {
            // Ends all streams at once: a stream's own disposal would wait for a peer that may never read.
            await _connection.CloseAsync(QuicFaults.AbortCode).ConfigureAwait(false);
        }
        catch (Exception e) when (QuicFaults.IsGone(e))
        {
            // The peer or the network was faster; it is closed either way.
        }

        if (_main.IsValueCreated && _main.Value.IsCompletedSuccessfully) await (await _main.Value.ConfigureAwait(false)).DisposeAsync().ConfigureAwait(false);
        await _connection.DisposeAsync().ConfigureAwait(false);
    }

    private async ValueTask<QuicByteStream> MainAsync(CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref _disposed) != 0) throw new TransportException("QUIC: the connection is gone.");
        var main = _main.Value;
        return main.IsCompletedSuccessfully ? main.Result : await main.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    private static async Task<QuicByteStream> AcceptMainAsync(QuicConnection connection)
    {
        try
        {
            var stream = await connection.AcceptInboundStreamAsync().ConfigureAwait(false);
            var opening = new byte[1];
            return await stream.ReadAsync(opening).ConfigureAwait(false) == 1 && opening[0] == 0
                ? new QuicByteStream(stream)
                : throw new TransportException("QUIC: the first stream doesn't begin with the opening byte.");
        }
        catch (Exception e) when (QuicFaults.IsGone(e))
        {
            throw QuicFaults.Gone(e);
        }
    }
}
