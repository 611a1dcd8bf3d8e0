using System.Net;
using System.Net.Http.Json;

namespace ZeroK.Chaos.Proxy.Api;

/// <summary>Drives a proxy over its REST interface: ours, or the original Toxiproxy 2.x (TCP and its own toxics only).</summary>
public sealed class ToxiproxyClient : IDisposable
{
    private readonly HttpClient _http;

    /// <summary>Makes a client.</summary>
    /// <param name="address">For example http://127.0.0.1:8474/.</param>
    public ToxiproxyClient(Uri address) => _http = new HttpClient { BaseAddress = address };

    /// <summary>The server's version.</summary>
    public async Task<string> VersionAsync(CancellationToken cancellationToken = default) =>
        (await SendAsync<VersionJson>(HttpMethod.Get, "version", null, cancellationToken).ConfigureAwait(false)).Version;

    /// <summary>All proxies by name, with their toxics.</summary>
    public Task<Dictionary<string, ProxyJson>> ListAsync(CancellationToken cancellationToken = default) => SendAsync<Dictionary<string, ProxyJson>>(HttpMethod.Get, "proxies", null, cancellationToken);

    /// <summary>Makes a proxy.</summary>
    public Task<ProxyJson> CreateAsync(ProxyJson proxy, CancellationToken cancellationToken = default) => SendAsync<ProxyJson>(HttpMethod.Post, "proxies", proxy, cancellationToken);

    /// <summary>Makes or replaces proxies.</summary>
    public async Task<IReadOnlyList<ProxyJson>> PopulateAsync(IEnumerable<ProxyJson> proxies, CancellationToken cancellationToken = default) =>
        (await SendAsync<PopulatedJson>(HttpMethod.Post, "populate", proxies.ToArray(), cancellationToken).ConfigureAwait(false)).Proxies;

    /// <summary>One proxy.</summary>
    public Task<ProxyJson> GetAsync(string proxy, CancellationToken cancellationToken = default) => SendAsync<ProxyJson>(HttpMethod.Get, Path(proxy), null, cancellationToken);

    /// <summary>Changes a proxy's addresses, or enables or disables it; null fields stay.</summary>
    public Task<ProxyJson> UpdateAsync(string proxy, ProxyJson change, CancellationToken cancellationToken = default) => SendAsync<ProxyJson>(HttpMethod.Post, Path(proxy), change, cancellationToken);

    /// <summary>Removes a proxy.</summary>
    public Task DeleteAsync(string proxy, CancellationToken cancellationToken = default) => SendAsync(HttpMethod.Delete, Path(proxy), null, cancellationToken);

    /// <summary>A proxy's toxics.</summary>
    public Task<IReadOnlyList<ToxicJson>> ToxicsAsync(string proxy, CancellationToken cancellationToken = default) => SendAsync<IReadOnlyList<ToxicJson>>(HttpMethod.Get, Path(proxy, "toxics"), null, cancellationToken);

    /// <summary>Adds a toxic.</summary>
    public Task<ToxicJson> AddToxicAsync(string proxy, ToxicJson toxic, CancellationToken cancellationToken = default) => SendAsync<ToxicJson>(HttpMethod.Post, Path(proxy, "toxics"), toxic, cancellationToken);

    /// <summary>One toxic.</summary>
    public Task<ToxicJson> ToxicAsync(string proxy, string toxic, CancellationToken cancellationToken = default) => SendAsync<ToxicJson>(HttpMethod.Get, Path(proxy, "toxics", toxic), null, cancellationToken);

    /// <summary>Changes a toxic's toxicity or attributes; what is not given stays.</summary>
    public Task<ToxicJson> UpdateToxicAsync(string proxy, string toxic, ToxicJson change, CancellationToken cancellationToken = default) => SendAsync<ToxicJson>(HttpMethod.Post, Path(proxy, "toxics", toxic), change, cancellationToken);

    /// <summary>Removes a toxic.</summary>
    public Task RemoveToxicAsync(string proxy, string toxic, CancellationToken cancellationToken = default) => SendAsync(HttpMethod.Delete, Path(proxy, "toxics", toxic), null, cancellationToken);

    /// <summary>Enables all proxies and removes all toxics.</summary>
    public Task ResetAsync(CancellationToken cancellationToken = default) => SendAsync(HttpMethod.Post, "reset", null, cancellationToken);

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    /// <summary>The path of a resource; names are escaped.</summary>
    internal static string Path(string proxy, params string[] rest) => string.Join('/', rest.Prepend(proxy).Select(Uri.EscapeDataString).Prepend("proxies"));

    private async Task<T> SendAsync<T>(HttpMethod method, string path, object? body, CancellationToken cancellationToken)
    {
        using var reply = await CallAsync(method, path, body, cancellationToken).ConfigureAwait(false);
        return await reply.Content.ReadFromJsonAsync<T>(ProxyJsonOptions.Web, cancellationToken).ConfigureAwait(false)
            ?? throw new ToxiproxyException(reply.StatusCode, "The server sent no body.");
    }

    private async Task SendAsync(HttpMethod method, string path, object? body, CancellationToken cancellationToken) =>
        (await CallAsync(method, path, body, cancellationToken).ConfigureAwait(false)).Dispose();

    private async Task<HttpResponseMessage> CallAsync(HttpMethod method, string path, object? body, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null) request.Content = JsonContent.Create(body, body.GetType(), options: ProxyJsonOptions.Web);
        var reply = await _http.SendAsync(request, cancellationToken).ConfigureAwait(false);
        if (reply.IsSuccessStatusCode) return reply;
        using (reply)
        {
            var error = await reply.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false);
            throw new ToxiproxyException(reply.StatusCode, error);
        }
    }
}

/// <summary>The server refused a call.</summary>
public sealed class ToxiproxyException : Exception
{
    /// <summary>Makes one.</summary>
    public ToxiproxyException(HttpStatusCode status, string body) : base(FormattableString.Invariant($"{(int)status}: {body}")) => Status = status;

    /// <inheritdoc/>
    public ToxiproxyException() { }

    /// <inheritdoc/>
    public ToxiproxyException(string message) : base(message) { }

    /// <inheritdoc/>
    public ToxiproxyException(string message, Exception inner) : base(message, inner) { }

    /// <summary>The HTTP status.</summary>
    public HttpStatusCode Status { get; }
}
