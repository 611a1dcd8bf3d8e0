using System.Runtime.InteropServices;

namespace ZeroK.Gateway;

/// <summary>Which limit refused a connection.</summary>
internal enum AdmissionLimit
{
    None = 0,
    Connections,
    ConnectionsPerAddress,
    Handshakes,
    HandshakesPerAddress,
}

/// <summary>Counts connections from the moment they are accepted, whether or not they ever say HELLO. No I/O, no clock.</summary>
internal sealed class AdmissionLimiter(GatewayOptions options)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Counts> _byAddress = [];
    private Counts _all;

    /// <summary>Connections counted now.</summary>
    public int Connections
    {
        get { lock (_gate) return _all.Connections; }
    }

    /// <summary>Connections counted now that have not said HELLO.</summary>
    public int Handshakes
    {
        get { lock (_gate) return _all.Handshakes; }
    }

    /// <summary>Takes a place for a connection, or says which limit is reached. The ticket gives the place back.</summary>
    public AdmissionLimit TryAdmit(string remoteAddress, out AdmissionTicket? ticket)
    {
        ticket = null;
        var key = AddressKey.Of(remoteAddress);
        lock (_gate)
        {
            var here = _byAddress.GetValueOrDefault(key);
            if (_all.Connections >= options.ConnectionsMax) return AdmissionLimit.Connections;
            if (here.Connections >= options.ConnectionsPerAddressMax) return AdmissionLimit.ConnectionsPerAddress;
            if (_all.Handshakes >= options.HandshakesMax) return AdmissionLimit.Handshakes;
            if (here.Handshakes >= options.HandshakesPerAddressMax) return AdmissionLimit.HandshakesPerAddress;
            Add(key, connections: 1, handshakes: 1);
        }

        ticket = new AdmissionTicket(this, key);
        return AdmissionLimit.None;
    }

    internal void Change(string key, int connections, int handshakes)
    {
        lock (_gate) Add(key, connections, handshakes);
    }

    private void Add(string key, int connections, int handshakes)
    {
        _all = _all.Plus(connections, handshakes);
        ref var here = ref CollectionsMarshal.GetValueRefOrAddDefault(_byAddress, key, out _);
        here = here.Plus(connections, handshakes);
        if (here.Connections == 0) _byAddress.Remove(key);
    }

    private readonly record struct Counts(int Connections, int Handshakes)
    {
        public Counts Plus(int connections, int handshakes) => new(Connections + connections, Handshakes + handshakes);
    }
}

/// <summary>A connection's place. Disposing gives it back, once.</summary>
internal sealed class AdmissionTicket(AdmissionLimiter limiter, string key) : IDisposable
{
    private const int HalfOpen = 0, Established = 1, Released = 2;
    private int _state = HalfOpen;

    /// <summary>HELLO was accepted: the connection counts as a handshake no more, as a connection still.</summary>
    public void Establish()
    {
        if (Interlocked.CompareExchange(ref _state, Established, HalfOpen) == HalfOpen) limiter.Change(key, connections: 0, handshakes: -1);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        var before = Interlocked.Exchange(ref _state, Released);
        if (before != Released) limiter.Change(key, connections: -1, handshakes: before == HalfOpen ? -1 : 0);
    }
}
