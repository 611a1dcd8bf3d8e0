using System.Text.Json;

namespace ZeroK.Chaos.Proxy.Api;

/// <summary>What callers send, read and checked. Pure: bytes in; a value, or a <see cref="ProxyException"/> that says what is wrong in Toxiproxy's words.</summary>
public static class ProxyBodies
{
    /// <summary>The largest body that is read.</summary>
    public const int BytesMax = 1024 * 1024;

    /// <summary>A proxy to make.</summary>
    /// <exception cref="ProxyException">It is not that.</exception>
    public static ProxyJson Proxy(ReadOnlySpan<byte> body)
    {
        var proxy = Read<ProxyJson>(body);
        Check(proxy, "");
        return proxy;
    }

    /// <summary>Proxies to make or replace; all are checked before any is made.</summary>
    /// <exception cref="ProxyException">It is not that.</exception>
    public static IReadOnlyList<ProxyJson> Population(ReadOnlySpan<byte> body)
    {
        var proxies = Read<ProxyJson?[]>(body).Select(p => p ?? new ProxyJson()).ToList();
        foreach (var (i, proxy) in proxies.Index()) Check(proxy, FormattableString.Invariant($" at proxy {i + 1}"));
        return proxies;
    }

    /// <summary>A change of a proxy.</summary>
    /// <exception cref="ProxyException">It is not that.</exception>
    public static ProxyJson ProxyChange(ReadOnlySpan<byte> body) => Read<ProxyJson>(body);

    /// <summary>A toxic to add.</summary>
    /// <exception cref="ProxyException">It is not that.</exception>
    public static ToxicSpec Toxic(ReadOnlySpan<byte> body) => Read<ToxicJson>(body).ToSpec();

    /// <summary>A toxic after a change; what is not given stays, and its name, type and stream can't change.</summary>
    /// <exception cref="ProxyException">It is not that.</exception>
    public static ToxicSpec ToxicChange(ToxicSpec old, ReadOnlySpan<byte> body)
    {
        ArgumentNullException.ThrowIfNull(old);
        var change = Read<ToxicJson>(body);
        var attributes = new Dictionary<string, double>(old.Attributes);
        foreach (var (name, value) in change.Attributes ?? new Dictionary<string, double>()) attributes[name] = value;
        return ToxicSpec.Create(old.Kind.Type, old.Stream, attributes, old.Name, change.Toxicity ?? old.Toxicity);
    }

    internal static ProxyProtocol ProtocolOf(ProxyJson proxy) => proxy.Protocol switch
    {
        null or "" or "tcp" => ProxyProtocol.Tcp,
        "udp" => ProxyProtocol.Udp,
        _ => throw new ProxyException(ProxyProblem.Invalid, "protocol was invalid, can be either tcp or udp"),
    };

    private static void Check(ProxyJson proxy, string where)
    {
        if (string.IsNullOrEmpty(proxy.Name)) throw new ProxyException(ProxyProblem.Invalid, "missing required field: name" + where);
        if (string.IsNullOrEmpty(proxy.Upstream)) throw new ProxyException(ProxyProblem.Invalid, "missing required field: upstream" + where);
        ProtocolOf(proxy);
    }

    private static T Read<T>(ReadOnlySpan<byte> body)
    {
        if (body.Length > BytesMax) throw new ProxyException(ProxyProblem.Invalid, FormattableString.Invariant($"bad request body: more than {BytesMax} bytes"));
        try
        {
            return JsonSerializer.Deserialize<T>(body, ProxyJsonOptions.Web) ?? throw new ProxyException(ProxyProblem.Invalid, "bad request body: it is null");
        }
        catch (JsonException e)
        {
            throw new ProxyException(ProxyProblem.Invalid, "bad request body: " + e.Message, e);
        }
    }
}
