using System.Runtime.InteropServices;

namespace ZeroK.Gateway;

/// <summary>Which limit refused a connection, or ended one.</summary>
internal enum AdmissionLimit
{
    None = 0,
    Connections,
    ConnectionsPerAddress,
    ConnectionsPerNetwork,
    HandshakesPerAddressPerSecond,
    HandshakesPerSecond,
    Handshakes,
    HandshakesPerAddress,
    ProxyHeader,
}

/// <summary>Counts connections from the moment they are accepted, whether or not they ever say HELLO. Where half-open ones are too many, the oldest of them goes: nobody is locked out by those who are silent. No I/O, no clock.</summary>
internal sealed class AdmissionLimiter(GatewayOptions options)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<NetworkKey, Counts> _byNetwork = [];
    private readonly LinkedList<AdmissionTicket> _halfOpen = [];
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

    /// <summary>Connections counted now of one address, and in all.</summary>
    public (int OfAddress, int InAll) CountOf(string remoteAddress)
    {
        var address = AddressKey.NetworksOf(remoteAddress)[0];
        lock (_gate) return (CountsOf(address).Connections, _all.Connections);
    }

    /// <summary>Takes a place for a connection, or says which limit is reached. The ticket gives the place back.</summary>
    /// <param name="remoteAddress">Whose it is.</param>
    /// <param name="ticket">Its place.</param>
    /// <param name="ended">The half-open connections that had to go for it, and by which limit.</param>
    public AdmissionLimit TryAdmit(string remoteAddress, out AdmissionTicket? ticket, out IReadOnlyList<AdmissionLimit> ended)
    {
        ticket = null;
        ended = [];
        var networks = AddressKey.NetworksOf(remoteAddress);
        List<(AdmissionTicket Ticket, AdmissionLimit Limit)>? gone = null;
        lock (_gate)
        {
            if (_all.Connections >= options.ConnectionsMax) return AdmissionLimit.Connections;
            foreach (var network in networks)
            {
                if (CountsOf(network).Connections >= ConnectionsMax(network.Size))
                    return network.Size == NetworkSize.Network ? AdmissionLimit.ConnectionsPerNetwork : AdmissionLimit.ConnectionsPerAddress;
            }

            foreach (var network in networks)
            {
                if (CountsOf(network).Handshakes >= HandshakesMax(network.Size) && OldestOf(network) is { } oldest) End(oldest, AdmissionLimit.HandshakesPerAddress, ref gone);
            }

            if (_all.Handshakes >= options.HandshakesMax && OldestOfTheMost() is { } first) End(first, AdmissionLimit.Handshakes, ref gone);
            ticket = new AdmissionTicket(this, networks);
            ticket.Place = _halfOpen.AddLast(ticket);
            Add(networks, connections: 1, handshakes: 1);
        }

        if (gone is null) return AdmissionLimit.None;
        foreach (var (old, _) in gone) old.End();
        ended = [.. gone.Select(g => g.Limit)];
        return AdmissionLimit.None;
    }

    /// <summary>It is half-open no more, if it was.</summary>
    internal void Establish(AdmissionTicket ticket)
    {
        lock (_gate) LeaveHalfOpen(ticket);
    }

    /// <summary>Its place is free.</summary>
    internal void Release(AdmissionTicket ticket)
    {
        lock (_gate)
        {
            LeaveHalfOpen(ticket);
            Add(ticket.Networks, connections: -1, handshakes: 0);
        }
    }

    private int ConnectionsMax(NetworkSize size) => size switch
    {
        NetworkSize.Address => options.ConnectionsPerAddressMax,
        NetworkSize.Site => (int)Math.Min(int.MaxValue, 2L * options.ConnectionsPerAddressMax),
        _ => Math.Max(options.ConnectionsPerAddressMax, options.ConnectionsPerNetworkMax),
    };

    private int HandshakesMax(NetworkSize size) => size == NetworkSize.Address ? options.HandshakesPerAddressMax : (int)Math.Min(int.MaxValue, 2L * options.HandshakesPerAddressMax);

    private Counts CountsOf(NetworkKey network) => _byNetwork.GetValueOrDefault(network);

    private AdmissionTicket? OldestOf(NetworkKey network) => _halfOpen.FirstOrDefault(t => t.Networks.Contains(network));

    // Of the network that has most of them: one host among many others goes last.
    private AdmissionTicket? OldestOfTheMost()
    {
        AdmissionTicket? most = null;
        var count = 0;
        foreach (var ticket in _halfOpen)
        {
            if (CountsOf(ticket.Networks[^1]).Handshakes is var here && here > count) (most, count) = (ticket, here);
        }

        return most;
    }

    private void End(AdmissionTicket ticket, AdmissionLimit limit, ref List<(AdmissionTicket Ticket, AdmissionLimit Limit)>? gone)
    {
        LeaveHalfOpen(ticket);
        (gone ??= []).Add((ticket, limit));
    }

    private void LeaveHalfOpen(AdmissionTicket ticket)
    {
        if (ticket.Place is not { } place) return;
        _halfOpen.Remove(place);
        ticket.Place = null;
        Add(ticket.Networks, connections: 0, handshakes: -1);
    }

    private void Add(NetworkKey[] networks, int connections, int handshakes)
    {
        _all = _all.Plus(connections, handshakes);
        foreach (var network in networks)
        {
            ref var here = ref CollectionsMarshal.GetValueRefOrAddDefault(_byNetwork, network, out _);
            here = here.Plus(connections, handshakes);
            if (here is { Connections: 0, Handshakes: 0 }) _byNetwork.Remove(network);
        }
    }

    private readonly record struct Counts(int Connections, int Handshakes)
    {
        public Counts Plus(int connections, int handshakes) => new(Connections + connections, Handshakes + handshakes);
    }
}

/// <summary>A connection's place. Disposing gives it back, once.</summary>
internal sealed class AdmissionTicket(AdmissionLimiter limiter, NetworkKey[] networks) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _ended = new();
    private bool _released;

    /// <summary>Fires when this half-open connection has to go for a newer one.</summary>
    public CancellationToken Ended => _ended.Token;

    internal NetworkKey[] Networks { get; } = networks;

    /// <summary>Its place among the half-open ones; null: it is none. The limiter's, under its lock.</summary>
    internal LinkedListNode<AdmissionTicket>? Place { get; set; }

    /// <summary>HELLO was accepted: the connection counts as a handshake no more, as a connection still.</summary>
    public void Establish() => limiter.Establish(this);

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_released) return;
            _released = true;

            // One that is being cancelled is the collector's: it may not be disposed of meanwhile.
            if (!_ended.IsCancellationRequested) _ended.Dispose();
        }

        limiter.Release(this);
    }

    internal void End()
    {
        lock (_gate)
        {
            if (!_released) _ = _ended.CancelAsync();
        }
    }
}
