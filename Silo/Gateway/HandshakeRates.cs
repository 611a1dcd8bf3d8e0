using ZeroK.Channel;

namespace ZeroK.Gateway;

/// <summary>How many handshakes a second: of each address and its networks, asked before anything is read; and of all, asked before anything is computed. Bounded, however many addresses come.</summary>
internal sealed class HandshakeRates(GatewayOptions options, TimeProvider time, Func<int> halfOpen) : IHandshakeGuard
{
    // Devices behind one address come back together after a restart: ten seconds' worth at once.
    private const int BurstSeconds = 10;
    private const int NetworksMax = 50_000;

    // Networks beyond those that are remembered share one bucket of each size.
    private const string Others = "";

    // Looking through all of them is too dear to be done for each connection.
    private static readonly TimeSpan ForgetPeriod = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<NetworkKey, Bucket> _byNetwork = [];
    private long? _forgotAt;
    private Bucket _all = new(long.MinValue, (double)options.HandshakesPerSecond * options.BurstSeconds);

    /// <inheritdoc/>
    public bool IsLoaded
    {
        get
        {
            if (halfOpen() > options.HandshakesMax / 2) return true;
            lock (_gate) return All().Tokens < (double)options.HandshakesPerSecond * options.BurstSeconds / 2;
        }
    }

    /// <summary>Whether one more handshake may be computed now, in all.</summary>
    public bool HasRoom
    {
        get { lock (_gate) return All().Tokens >= 1; }
    }

    /// <inheritdoc/>
    public bool TryBegin(out uint retryAfterMs)
    {
        retryAfterMs = (uint)options.RetryAfterMs;
        lock (_gate)
        {
            _all = All();
            if (_all.Tokens < 1) return false;
            _all = _all with { Tokens = _all.Tokens - 1 };
            return true;
        }
    }

    /// <summary>Counts a connection of an address. False: the address, or a network that it belongs to, has had as many as it may.</summary>
    public bool TryTake(string remoteAddress)
    {
        var networks = AddressKey.NetworksOf(remoteAddress);
        lock (_gate)
        {
            if (_byNetwork.Count >= NetworksMax && (_forgotAt is not { } at || time.GetElapsedTime(at) >= ForgetPeriod)) Forget();
            for (var i = 0; i < networks.Length; i++)
            {
                if (_byNetwork.Count >= NetworksMax && !_byNetwork.ContainsKey(networks[i])) networks[i] = networks[i] with { Name = Others };
                if (Of(networks[i]).Tokens < 1) return false;
            }

            foreach (var network in networks) _byNetwork[network] = Of(network) is var bucket ? bucket with { Tokens = bucket.Tokens - 1 } : default;
            return true;
        }
    }

    private double PerSecond(NetworkSize size) => options.HandshakesPerAddressPerSecond * size switch { NetworkSize.Address => 1.0, NetworkSize.Site => 2.0, _ => 5.0 };

    private Bucket All() => _all.Filled(time, options.HandshakesPerSecond, (double)options.HandshakesPerSecond * options.BurstSeconds);

    private Bucket Of(NetworkKey network)
    {
        var rate = PerSecond(network.Size);
        return _byNetwork.TryGetValue(network, out var known) ? known.Filled(time, rate, rate * BurstSeconds) : new Bucket(time.GetTimestamp(), rate * BurstSeconds);
    }

    // A bucket that is full again says nothing that a new one doesn't.
    private void Forget()
    {
        _forgotAt = time.GetTimestamp();
        foreach (var network in _byNetwork.Keys.Where(n => Of(n).Tokens >= PerSecond(n.Size) * BurstSeconds).ToList()) _byNetwork.Remove(network);
    }
}
