using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using ZeroK.Channel;
using ZeroK.Transport;

namespace ZeroK.Gateway;

/// <summary>Who comes in: admits connections up to the limits, refuses the rest with a word, and tells the operator once a minute which limit it was.</summary>
internal sealed partial class Door
{
    // Refusing costs a little too: beyond so many at once, connections are closed without a word.
    private const int RefusalsAtOnceMax = 64;
    private static readonly TimeSpan RefusalTime = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan ReportPeriod = TimeSpan.FromMinutes(1);

    private readonly GatewayContext _context;
    private readonly AdmissionLimiter _admission;
    private readonly ILogger _log;
    private readonly ConcurrentDictionary<AdmissionLimit, int> _reached = new();
    private long? _reportedAt;
    private int _refusing;

    public Door(GatewayContext context, ILogger<RelayGateway> log)
    {
        (_context, _log) = (context, log);
        _admission = new AdmissionLimiter(context.Options);
        Rates = new HandshakeRates(context.Options, context.Time, () => _admission.Handshakes);
    }

    /// <summary>Handshakes a second.</summary>
    public HandshakeRates Rates { get; }

    /// <summary>Connections counted now.</summary>
    public int Connections => _admission.Connections;

    /// <summary>Connections that have not said HELLO.</summary>
    public int HalfOpen => _admission.Handshakes;

    /// <summary>Whether a connection of this address may begin; asked before anything is computed for it, once a connection.</summary>
    public bool MayBegin(string remoteAddress)
    {
        var limit = !Rates.HasRoom ? AdmissionLimit.HandshakesPerSecond : Rates.TryTake(remoteAddress) ? AdmissionLimit.None : AdmissionLimit.HandshakesPerAddressPerSecond;
        if (limit != AdmissionLimit.None) Reached(limit);
        return limit == AdmissionLimit.None;
    }

    /// <summary>Connections of an address, and in all.</summary>
    public (int OfAddress, int InAll) Crowd(string remoteAddress) => _admission.CountOf(remoteAddress);

    /// <summary>A place for a connection; null: it was refused, told so, and closed.</summary>
    /// <param name="connection">A fresh connection.</param>
    /// <param name="wasAsked">Whether its listener has asked <see cref="MayBegin"/>.</param>
    public async Task<AdmissionTicket?> AdmitAsync(IConnection connection, bool wasAsked)
    {
        var limit = AdmissionLimit.HandshakesPerAddressPerSecond;
        if (wasAsked || Rates.TryTake(connection.RemoteAddress))
        {
            limit = _admission.TryAdmit(connection.RemoteAddress, out var ticket, out var ended);
            foreach (var gone in ended) Reached(gone);
            if (limit == AdmissionLimit.None) return ticket;
        }

        Reached(limit);
        await RefuseAsync(connection, limit == AdmissionLimit.Connections ? ErrorCode.TooManyConnections : ErrorCode.TooManyFromAddress);
        return null;
    }

    /// <summary>A listed proxy did not say whose connection it passed on.</summary>
    public void SaidNotWho() => Reached(AdmissionLimit.ProxyHeader);

    /// <summary>A handshake failed: counted if it was for a limit.</summary>
    public void Failed(ChannelException failed)
    {
        if (failed is { Failure: ChannelFailure.NoRoom, Code: ErrorCode.TooManyConnections }) Reached(AdmissionLimit.HandshakesPerSecond);
    }

    /// <summary>Tells the operator which limits were reached since the last time: at once after a quiet minute, and then once a minute.</summary>
    public void Report()
    {
        if (_reached.IsEmpty || (_reportedAt is { } at && _context.Time.GetElapsedTime(at) < ReportPeriod)) return;
        _reportedAt = _context.Time.GetTimestamp();
        foreach (var limit in _reached.Keys.Order())
        {
            if (!_reached.TryRemove(limit, out var count)) continue;
            var (what, setting) = About(limit);
            LogReached(_log, count, what, setting);
        }
    }

    private static (string What, string Setting) About(AdmissionLimit limit) => limit switch
    {
        AdmissionLimit.Connections => ("refused: as many in all as allowed", "Gateway:ConnectionsMax"),
        AdmissionLimit.ConnectionsPerAddress => ("refused: as many from one address as allowed (devices behind NAT or a proxy are one address)", "Gateway:ConnectionsPerAddressMax"),
        AdmissionLimit.ConnectionsPerNetwork => ("refused: as many from one network (IPv4 /24, IPv6 /48) as allowed", "Gateway:ConnectionsPerNetworkMax"),
        AdmissionLimit.HandshakesPerAddressPerSecond => ("refused: one address or network connects too often", "Gateway:HandshakesPerAddressPerSecond"),
        AdmissionLimit.HandshakesPerSecond => ("refused: too many handshakes in a second", "Gateway:HandshakesPerSecond"),
        AdmissionLimit.ProxyHeader => ("closed: they come from a listed proxy, without the header of PROXY protocol version 2 (HAProxy: send-proxy-v2)", "Gateway:ProxyProtocolFrom"),
        AdmissionLimit.HandshakesPerAddress => ("ended before HELLO, the oldest of one address, for newer ones", "Gateway:HandshakesPerAddressMax"),
        _ => ("ended before HELLO, the oldest, for newer ones", "Gateway:HandshakesMax"),
    };

    private void Reached(AdmissionLimit limit)
    {
        _reached.AddOrUpdate(limit, 1, static (_, count) => count + 1);
        _context.Instruments.Handshake(limit.ToString());
    }

    private async Task RefuseAsync(IConnection connection, ErrorCode code)
    {
        _context.Instruments.Refused(code);
        if (Interlocked.Increment(ref _refusing) > RefusalsAtOnceMax)
        {
            Interlocked.Decrement(ref _refusing);
            await connection.DisposeAsync();
            return;
        }

        try
        {
            using var patience = new CancellationTokenSource(RefusalTime, _context.Time);
            await SecureChannel.RefuseAsync(connection, code, (uint)_context.Options.RetryAfterMs, patience.Token);
        }
        catch (Exception gone) when (gone is IOException or OperationCanceledException or ObjectDisposedException)
        {
            LogNotTold(_log, gone.GetType().Name);
        }
        finally
        {
            Interlocked.Decrement(ref _refusing);
            await connection.DisposeAsync();
        }
    }

    [LoggerMessage(8, LogLevel.Warning, "{Count} connections {What}. The setting is {Setting}. Told once a minute.")]
    private static partial void LogReached(ILogger logger, int count, string what, string setting);

    [LoggerMessage(9, LogLevel.Debug, "A refused connection was gone before it was told: {Fault}")]
    private static partial void LogNotTold(ILogger logger, string fault);
}
