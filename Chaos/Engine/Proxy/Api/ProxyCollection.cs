using System.Collections.Concurrent;

namespace ZeroK.Chaos.Proxy.Api;

/// <summary>The proxies of a run, by name.</summary>
/// <param name="options">What every new proxy gets.</param>
public sealed class ProxyCollection(ProxyOptions options) : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, ChaosProxy> _proxies = new();

    /// <summary>All, by name.</summary>
    public IReadOnlyList<ChaosProxy> All => [.. _proxies.Values.OrderBy(p => p.Name, StringComparer.Ordinal)];

    /// <summary>The proxy of this name.</summary>
    /// <exception cref="ProxyException">There is none.</exception>
    public ChaosProxy Get(string name) => _proxies.TryGetValue(name, out var proxy) ? proxy : throw new ProxyException(ProxyProblem.NoProxy, "proxy not found");

    /// <summary>Makes a proxy and begins to listen.</summary>
    /// <exception cref="ProxyException">The name is missing or taken, an address is wrong or can't be listened on.</exception>
    public async Task<ChaosProxy> CreateAsync(string name, ProxyProtocol protocol, string listen, string upstream, bool enabled = true)
    {
        if (string.IsNullOrEmpty(name)) throw new ProxyException(ProxyProblem.Invalid, "missing required field: name");
        if (string.IsNullOrEmpty(upstream)) throw new ProxyException(ProxyProblem.Invalid, "missing required field: upstream");
        var proxy = new ChaosProxy(name, protocol, string.IsNullOrEmpty(listen) ? "127.0.0.1:0" : listen, upstream, options);
        if (!_proxies.TryAdd(name, proxy))
        {
            await proxy.DisposeAsync().ConfigureAwait(false);
            throw new ProxyException(ProxyProblem.Exists, "proxy already exists");
        }

        try
        {
            if (enabled) await proxy.EnableAsync().ConfigureAwait(false);
            return proxy;
        }
        catch
        {
            _proxies.TryRemove(name, out _);
            await proxy.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Takes a proxy away.</summary>
    /// <exception cref="ProxyException">There is none of this name.</exception>
    public async Task RemoveAsync(string name)
    {
        if (!_proxies.TryRemove(name, out var proxy)) throw new ProxyException(ProxyProblem.NoProxy, "proxy not found");
        await proxy.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Enables all proxies and removes all toxics.</summary>
    public async Task ResetAsync()
    {
        foreach (var proxy in All)
        {
            proxy.Heal();
            await proxy.EnableAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Stops all.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var proxy in All) await proxy.DisposeAsync().ConfigureAwait(false);
        _proxies.Clear();
    }
}
