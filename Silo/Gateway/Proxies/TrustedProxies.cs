using System.Net;
using ZeroK.Transport;

namespace ZeroK.Gateway.Proxies;

/// <summary>The proxies that may say whose connection they pass on. A listed one must say so with each connection; what anybody else says of it is taken for a client's first bytes, which they are not.</summary>
internal sealed class TrustedProxies
{
    private readonly IReadOnlyList<IPNetwork> _networks;
    private readonly TimeSpan _patience;
    private readonly int _readingMax;
    private readonly TimeProvider _time;
    private int _reading;

    public TrustedProxies(GatewayOptions options, TimeProvider time)
    {
        _networks = TryParse(options.ProxyProtocolFrom, out var networks, out var wrong) ? networks : throw new ArgumentException($"'{wrong}' is no network.", nameof(options));
        (_patience, _readingMax, _time) = (TimeSpan.FromSeconds(options.FirstBytesSeconds), options.HandshakesMax, time);
    }

    /// <summary>Reads a list such as "10.0.0.0/8, 192.0.2.7, ::1": networks in CIDR form and single addresses, with commas between.</summary>
    public static bool TryParse(string list, out IReadOnlyList<IPNetwork> networks, out string wrong)
    {
        var read = new List<IPNetwork>();
        (networks, wrong) = (read, "");
        foreach (var entry in list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (IPNetwork.TryParse(entry, out var network)) read.Add(network);
            else if (IPAddress.TryParse(entry, out var address)) read.Add(new IPNetwork(address, address.GetAddressBytes().Length * 8));
            else
            {
                wrong = entry;
                return false;
            }
        }

        return true;
    }

    /// <summary>Whether a connection comes from a listed proxy. QUIC has no such header.</summary>
    public bool Passed(IConnection connection) =>
        _networks.Count > 0 && connection.Kind != TransportKind.Quic && IPAddress.TryParse(connection.RemoteAddress, out var address) && _networks.Any(n => n.Contains(address));

    /// <summary>Reads the header off a listed proxy's connection.</summary>
    /// <returns>The client's connection; null: there was no header in time, and the connection is closed.</returns>
    public async Task<IConnection?> OpenAsync(IConnection connection)
    {
        IConnection? opened = null;
        try
        {
            if (Interlocked.Increment(ref _reading) > _readingMax) return null;
            using var time = new CancellationTokenSource(_patience, _time);
            return opened = await ReadAsync(connection, time.Token);
        }
        catch (Exception gone) when (gone is IOException or OperationCanceledException or ObjectDisposedException)
        {
            return null;
        }
        finally
        {
            Interlocked.Decrement(ref _reading);
            if (opened is null) await connection.DisposeAsync();
        }
    }

    private static async Task<IConnection?> ReadAsync(IConnection connection, CancellationToken cancellationToken)
    {
        var first = new byte[ProxyHeader.FixedBytes];
        if (!await FillAsync(connection, first, cancellationToken) || !ProxyHeader.TryReadLength(first, out var length)) return null;
        var rest = new byte[length];
        if (!await FillAsync(connection, rest, cancellationToken) || !ProxyHeader.TryReadSource(first, rest, out var source)) return null;
        return source is null ? connection : new ProxiedConnection(connection, source.ToString());
    }

    private static async Task<bool> FillAsync(IConnection connection, Memory<byte> bytes, CancellationToken cancellationToken)
    {
        while (bytes.Length > 0)
        {
            var read = await connection.ReceiveAsync(bytes, cancellationToken);
            if (read == 0) return false;
            bytes = bytes[read..];
        }

        return true;
    }
}
