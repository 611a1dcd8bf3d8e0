using System.Text.Json;
using ZeroK.Chaos.Proxy.Api;

namespace ZeroK.Chaos.Faults;

/// <summary>One call of Toxiproxy 2.x's REST interface, as data: what <see cref="ToxiproxyClient"/> sends. Pure.</summary>
/// <param name="Method">The verb. Updates are POST, which all of 2.x take; PATCH came with 2.5.</param>
/// <param name="Path">Relative to the server's address, names escaped.</param>
/// <param name="Body">JSON in UTF-8; null: none.</param>
public sealed record ToxiproxyCall(HttpMethod Method, string Path, byte[]? Body = null)
{
    /// <summary>GET /version.</summary>
    public static ToxiproxyCall Version { get; } = new(HttpMethod.Get, "version");

    /// <summary>GET /proxies.</summary>
    public static ToxiproxyCall List { get; } = new(HttpMethod.Get, "proxies");

    /// <summary>POST /reset.</summary>
    public static ToxiproxyCall Reset { get; } = new(HttpMethod.Post, "reset");

    /// <summary>POST /proxies.</summary>
    public static ToxiproxyCall Create(ProxyJson proxy) => new(HttpMethod.Post, "proxies", Json(proxy));

    /// <summary>POST /populate.</summary>
    public static ToxiproxyCall Populate(IEnumerable<ProxyJson> proxies) => new(HttpMethod.Post, "populate", Json(proxies.ToArray()));

    /// <summary>GET /proxies/{proxy}.</summary>
    public static ToxiproxyCall Get(string proxy) => new(HttpMethod.Get, Join(proxy));

    /// <summary>POST /proxies/{proxy}.</summary>
    public static ToxiproxyCall Update(string proxy, ProxyJson change) => new(HttpMethod.Post, Join(proxy), Json(change));

    /// <summary>DELETE /proxies/{proxy}.</summary>
    public static ToxiproxyCall Delete(string proxy) => new(HttpMethod.Delete, Join(proxy));

    /// <summary>GET /proxies/{proxy}/toxics.</summary>
    public static ToxiproxyCall Toxics(string proxy) => new(HttpMethod.Get, Join(proxy, "toxics"));

    /// <summary>POST /proxies/{proxy}/toxics.</summary>
    public static ToxiproxyCall AddToxic(string proxy, ToxicJson toxic) => new(HttpMethod.Post, Join(proxy, "toxics"), Json(toxic));

    /// <summary>GET /proxies/{proxy}/toxics/{toxic}.</summary>
    public static ToxiproxyCall Toxic(string proxy, string toxic) => new(HttpMethod.Get, Join(proxy, "toxics", toxic));

    /// <summary>POST /proxies/{proxy}/toxics/{toxic}.</summary>
    public static ToxiproxyCall UpdateToxic(string proxy, string toxic, ToxicJson change) => new(HttpMethod.Post, Join(proxy, "toxics", toxic), Json(change));

    /// <summary>DELETE /proxies/{proxy}/toxics/{toxic}.</summary>
    public static ToxiproxyCall RemoveToxic(string proxy, string toxic) => new(HttpMethod.Delete, Join(proxy, "toxics", toxic));

    private static string Join(string proxy, params string[] rest)
    {
        ArgumentException.ThrowIfNullOrEmpty(proxy);
        return string.Join('/', rest.Prepend(proxy).Select(Uri.EscapeDataString).Prepend("proxies"));
    }

    private static byte[] Json<T>(T body) => JsonSerializer.SerializeToUtf8Bytes(body, ProxyJsonOptions.Web);
}
