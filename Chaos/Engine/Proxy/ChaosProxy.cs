using System.Net;
using System.Net.Sockets;

namespace ZeroK.Chaos.Proxy;

/// <summary>Which protocol a proxy forwards.</summary>
public enum ProxyProtocol
{
    /// <summary>TCP connections.</summary>
    Tcp = 0,
    /// <summary>UDP datagrams; so QUIC.</summary>
    Udp,
}

/// <summary>A proxy between clients and one server, with toxics on both directions. All members may be called from many threads.</summary>
public sealed class ChaosProxy : IAsyncDisposable
{
    private readonly SemaphoreSlim _switching = new(1, 1);
    private readonly Lock _lock = new();
    private readonly List<ILink> _links = [];
    private readonly List<Capture> _captures = [];
    private readonly Dictionary<string, long> _hitsOfEnded = [];
    private IReadOnlyList<ToxicSpec> _toxics = [];
    private IProxyListener? _listener;
    private long _linksMade;
    private long _refused;

    /// <summary>Makes a proxy; it does not listen before <see cref="EnableAsync"/>.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="protocol">TCP or UDP.</param>
    /// <param name="listen">Where it listens, "host:port"; port 0 takes a free one and keeps it.</param>
    /// <param name="upstream">The server, "host:port".</param>
    /// <param name="options">The rest.</param>
    /// <exception cref="ProxyException">An address is not "host:port".</exception>
    public ChaosProxy(string name, ProxyProtocol protocol, string listen, string upstream, ProxyOptions? options = null)
    {
        Name = name;
        Protocol = protocol;
        Options = options ?? ProxyOptions.Default;
        (Listen, Upstream) = (ProxyAddress.Parse(listen, ProxyProblem.CannotListen), ProxyAddress.Parse(upstream));
        if (Upstream.Port == 0) throw new ProxyException(ProxyProblem.Invalid, "upstream needs a port");
    }

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>TCP or UDP.</summary>
    public ProxyProtocol Protocol { get; }

    /// <summary>Where it listens.</summary>
    public ProxyAddress Listen { get; private set; }

    /// <summary>The server.</summary>
    public ProxyAddress Upstream { get; private set; }

    /// <summary>Whether it listens.</summary>
    public bool Enabled => _listener is not null;

    /// <summary>The rest of its settings.</summary>
    public ProxyOptions Options { get; }

    /// <summary>The toxics, in the order in which they act.</summary>
    public IReadOnlyList<ToxicSpec> Toxics => Volatile.Read(ref _toxics);

    /// <summary>Links made so far.</summary>
    public long LinksMade => Interlocked.Read(ref _linksMade);

    /// <summary>Links that could not be made.</summary>
    public long Refused => Interlocked.Read(ref _refused);

    /// <summary>Links that live.</summary>
    public int LinksOpen
    {
        get
        {
            lock (_lock) return _links.Count;
        }
    }

    internal TimeProvider Time => Options.Time;

    internal long Seed => Seeds.Derive(Options.Seed, Name);

    /// <summary>What each direction of each link carried, oldest link first, up first; only with <see cref="ProxyOptions.CaptureBytesMax"/>.</summary>
    public IReadOnlyList<Capture> Captures
    {
        get
        {
            lock (_lock) return [.. _captures];
        }
    }

    /// <summary>How often each toxic did harm so far, over all links.</summary>
    public IReadOnlyDictionary<string, long> Hits()
    {
        lock (_lock)
        {
            var hits = new Dictionary<string, long>(_hitsOfEnded);
            foreach (var (name, count) in _links.SelectMany(HitsOf)) hits[name] = hits.GetValueOrDefault(name) + count;
            return hits;
        }
    }

    /// <summary>Begins to listen.</summary>
    /// <exception cref="ProxyException">The address can't be listened on.</exception>
    public async Task EnableAsync()
    {
        await _switching.WaitAsync().ConfigureAwait(false);
        try
        {
            if (_listener is not null) return;
            var listen = await Listen.ResolveAsync().ConfigureAwait(false);
            _listener = Protocol == ProxyProtocol.Tcp
                ? new TcpProxyListener(listen, new DnsEndPoint(Upstream.Host, Upstream.Port), this)
                : new UdpProxyListener(listen, await Upstream.ResolveAsync().ConfigureAwait(false), this);
            Listen = Listen with { Port = _listener.Port };
        }
        catch (SocketException e)
        {
            throw new ProxyException(ProxyProblem.CannotListen, $"can't listen on {Listen}: {e.SocketErrorCode}", e);
        }
        finally
        {
            _switching.Release();
        }
    }

    /// <summary>Stops listening and closes all links.</summary>
    public async Task DisableAsync()
    {
        await _switching.WaitAsync().ConfigureAwait(false);
        try
        {
            if (_listener is null) return;
            await _listener.DisposeAsync().ConfigureAwait(false);
            _listener = null;
            await CutAsync().ConfigureAwait(false);
        }
        finally
        {
            _switching.Release();
        }
    }

    /// <summary>Closes all links; new ones can be made at once.</summary>
    public async Task CutAsync()
    {
        ILink[] links;
        lock (_lock) links = [.. _links];
        foreach (var link in links) link.Close();
        await Task.WhenAll(links.Select(l => l.Ended)).ConfigureAwait(false);
        foreach (var link in links) Forget(link);
    }

    /// <summary>Changes where it listens or where it forwards to; a change restarts it and closes all links.</summary>
    /// <exception cref="ProxyException">An address is wrong or can't be listened on.</exception>
    public async Task MoveAsync(string listen, string upstream)
    {
        var (newListen, newUpstream) = (ProxyAddress.Parse(listen, ProxyProblem.CannotListen), ProxyAddress.Parse(upstream));
        if (newListen == Listen && newUpstream == Upstream) return;
        var wasEnabled = Enabled;
        await DisableAsync().ConfigureAwait(false);
        (Listen, Upstream) = (newListen, newUpstream);
        if (wasEnabled) await EnableAsync().ConfigureAwait(false);
    }

    /// <summary>Adds a toxic, also to links that live.</summary>
    /// <exception cref="ProxyException">The name is taken.</exception>
    public ToxicSpec Add(ToxicSpec toxic)
    {
        ArgumentNullException.ThrowIfNull(toxic);
        Change(toxics => toxics.Any(t => t.Name == toxic.Name) ? throw new ProxyException(ProxyProblem.Exists, "toxic already exists") : [.. toxics, toxic]);
        return toxic;
    }

    /// <summary>Adds a toxic, also to links that live.</summary>
    /// <exception cref="ProxyException">A value is not allowed, or the name is taken.</exception>
    public ToxicSpec Add(string type, Direction stream, params (string Name, double Value)[] attributes) =>
        Add(ToxicSpec.Create(type, stream, attributes.ToDictionary(a => a.Name, a => a.Value)));

    /// <summary>Adds a toxic to both directions.</summary>
    public void AddBoth(string type, params (string Name, double Value)[] attributes)
    {
        Add(type, Direction.Upstream, attributes);
        Add(type, Direction.Downstream, attributes);
    }

    /// <summary>Replaces a toxic by one of the same name.</summary>
    /// <exception cref="ProxyException">There is none of this name.</exception>
    public void Update(ToxicSpec toxic)
    {
        ArgumentNullException.ThrowIfNull(toxic);
        Change(toxics => toxics.Any(t => t.Name == toxic.Name) ? [.. toxics.Select(t => t.Name == toxic.Name ? toxic : t)] : throw NoToxic());
    }

    /// <summary>Removes a toxic; what it held goes on.</summary>
    /// <exception cref="ProxyException">There is none of this name.</exception>
    public void Remove(string toxic) => Change(toxics => toxics.Any(t => t.Name == toxic) ? [.. toxics.Where(t => t.Name != toxic)] : throw NoToxic());

    /// <summary>Removes all toxics: the link is whole again.</summary>
    public void Heal() => Change(_ => []);

    /// <summary>Stops listening and closes all links.</summary>
    public async ValueTask DisposeAsync()
    {
        await DisableAsync().ConfigureAwait(false);
        _switching.Dispose();
    }

    internal bool TryAdd(Func<long, ILink> make)
    {
        ILink link;
        lock (_lock)
        {
            if (_links.Count >= Options.LinksMax)
            {
                _refused++;
                return false;
            }

            link = make(_linksMade++);
            _links.Add(link);
            if (Options.CaptureBytesMax > 0) _captures.AddRange([link.Up.Capture, link.Down.Capture]);
        }

        _ = link.Ended.ContinueWith(_ => Forget(link), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        return true;
    }

    internal void CountRefused() => Interlocked.Increment(ref _refused);

    private void Change(Func<IReadOnlyList<ToxicSpec>, IReadOnlyList<ToxicSpec>> change)
    {
        lock (_lock)
        {
            _toxics = change(_toxics);
            foreach (var link in _links)
            {
                var broken = link.Up.Update(_toxics) | link.Down.Update(_toxics);
                if (broken) link.Close();
            }
        }
    }

    private void Forget(ILink link)
    {
        lock (_lock)
        {
            if (!_links.Remove(link)) return;
            foreach (var (name, count) in HitsOf(link)) _hitsOfEnded[name] = _hitsOfEnded.GetValueOrDefault(name) + count;
        }

        link.Dispose();
    }

    private static IEnumerable<(string Name, long Count)> HitsOf(ILink link) => link.Up.Hits().Concat(link.Down.Hits());

    private static ProxyException NoToxic() => new(ProxyProblem.NoToxic, "toxic not found");
}
