using System.Net.Http.Headers;
using System.Net.Http.Json;
using ZeroK.Chaos.Proxy.Api;

namespace ZeroK.Chaos.Faults;

/// <summary>Drives a proxy over its REST interface: ours, or the original Toxiproxy 2.x (TCP and its own toxics only).</summary>
public sealed class ToxiproxyClient : IDisposable
{
    private readonly HttpClient _http;

    /// <summary>Makes a client.</summary>
    /// <param name="address">For example http://127.0.0.1:8474/.</param>
    public ToxiproxyClient(Uri address) => _http = new HttpClient { BaseAddress = address };

    /// <summary>The server's version.</summary>
    public async Task<string> VersionAsync(CancellationToken cancellationToken = default) =>
        (await SendAsync<VersionJson>(ToxiproxyCall.Version, cancellationToken).ConfigureAwait(false)).Version;

    /// <summary>All proxies by name, with their toxics.</summary>
    public Task<Dictionary<string, ProxyJson>> ListAsync(CancellationToken cancellationToken = default) => SendAsync<Dictionary<string, ProxyJson>>(ToxiproxyCall.List, cancellationToken);

    /// <summary>Makes a proxy.</summary>
    public Task<ProxyJson> CreateAsync(ProxyJson proxy, CancellationToken cancellationToken = default) => SendAsync<ProxyJson>(ToxiproxyCall.Create(proxy), cancellationToken);

    /// <summary>Makes or replaces proxies.</summary>
    public async Task<IReadOnlyList<ProxyJson>> PopulateAsync(IEnumerable<ProxyJson> proxies, CancellationToken cancellationToken = default) =>
        (await SendAsync<PopulatedJson>(ToxiproxyCall.Populate(proxies), cancellationToken).ConfigureAwait(false)).Proxies ?? [];

    /// <summary>One proxy.</summary>
    public Task<ProxyJson> GetAsync(string proxy, CancellationToken cancellationToken = default) => SendAsync<ProxyJson>(ToxiproxyCall.Get(proxy), cancellationToken);

    /// <summary>Changes a proxy's addresses, or enables or disables it; null fields stay.</summary>
    public Task<ProxyJson> UpdateAsync(string proxy, ProxyJson change, CancellationToken cancellationToken = default) => SendAsync<ProxyJson>(ToxiproxyCall.Update(proxy, change), cancellationToken);

    /// <summary>Removes a proxy.</summary>
    public Task DeleteAsync(string proxy, CancellationToken cancellationToken = default) => SendAsync(ToxiproxyCall.Delete(proxy), cancellationToken);

    /// <summary>A proxy's toxics.</summary>
    public Task<IReadOnlyList<ToxicJson>> ToxicsAsync(string proxy, CancellationToken cancellationToken = default) => SendAsync<IReadOnlyList<ToxicJson>>(ToxiproxyCall.Toxics(proxy), cancellationToken);

    /// <summary>Adds a toxic.</summary>
    public Task<ToxicJson> AddToxicAsync(string proxy, ToxicJson toxic, CancellationToken cancellationToken = default) => SendAsync<ToxicJson>(ToxiproxyCall.AddToxic(proxy, toxic), cancellationToken);

    /// <summary>One toxic.</summary>
    public Task<ToxicJson> ToxicAsync(string proxy, string toxic, CancellationToken cancellationToken = default) => SendAsync<ToxicJson>(ToxiproxyCall.Toxic(proxy, toxic), cancellationToken);

    /// <summary>Changes a toxic's toxicity or attributes; what is not given stays.</summary>
    public Task<ToxicJson> UpdateToxicAsync(string proxy, string toxic, ToxicJson change, CancellationToken cancellationToken = default) => SendAsync<ToxicJson>(ToxiproxyCall.UpdateToxic(proxy, toxic, change), cancellationToken);

    /// <summary>Removes a toxic.</summary>
    public Task RemoveToxicAsync(string proxy, string toxic, CancellationToken cancellationToken = default) => SendAsync(ToxiproxyCall.RemoveToxic(proxy, toxic), cancellationToken);

    /// <summary>Enables all proxies and removes all toxics.</summary>
    public Task ResetAsync(CancellationToken cancellationToken = default) => SendAsync(ToxiproxyCall.Reset, cancellationToken);

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private async Task<T> SendAsync<T>(ToxiproxyCall call, CancellationToken cancellationToken)
    {
        using var reply = await PassAsync(call, cancellationToken).ConfigureAwait(false);
        return await reply.Content.ReadFromJsonAsync<T>(ProxyJsonOptions.Web, cancellationToken).ConfigureAwait(false)
            ?? throw new ToxiproxyException(reply.StatusCode, "The server sent no body.");
    }

    private async Task SendAsync(ToxiproxyCall call, CancellationToken cancellationToken) =>
        (await PassAsync(call, cancellationToken).ConfigureAwait(false)).Dispose();

    private async Task<HttpResponseMessage> PassAsync(ToxiproxyCall call, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(call.Method, call.Path);
        if (call.Body is { } body)
        {
            request.Content = new ByteArrayContent(body);
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        }

        var reply = await _http.SendAsync(request, cancellationToken).ConfigureAwait(false);
        if (reply.IsSuccessStatusCode) return reply;
        using (reply)
        {
            var error = await reply.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false);
            throw new ToxiproxyException(reply.StatusCode, error);
        }
    }
}
