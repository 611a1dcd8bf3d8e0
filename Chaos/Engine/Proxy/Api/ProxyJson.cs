using System.Text.Json;
using System.Text.Json.Serialization;

namespace ZeroK.Chaos.Proxy.Api;

/// <summary>A proxy as JSON, with Toxiproxy 2.x's names. <c>protocol</c> is our addition: "udp"; absent means TCP.</summary>
public sealed record ProxyJson
{
    [JsonPropertyName("name"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] public string? Name { get; init; }

    [JsonPropertyName("listen"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] public string? Listen { get; init; }

    [JsonPropertyName("upstream"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] public string? Upstream { get; init; }

    [JsonPropertyName("enabled"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] public bool? Enabled { get; init; }

    [JsonPropertyName("protocol"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] public string? Protocol { get; init; }

    [JsonPropertyName("toxics"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] public IReadOnlyList<ToxicJson>? Toxics { get; init; }

    internal static ProxyJson Of(ChaosProxy proxy) => new()
    {
        Name = proxy.Name,
        Listen = proxy.Listen.ToString(),
        Upstream = proxy.Upstream.ToString(),
        Enabled = proxy.Enabled,
        Protocol = proxy.Protocol == ProxyProtocol.Udp ? "udp" : null,
        Toxics = ToxicJson.Of(proxy.Toxics),
    };
}

/// <summary>A toxic as JSON, with Toxiproxy 2.x's names.</summary>
public sealed record ToxicJson
{
    [JsonPropertyName("name"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] public string? Name { get; init; }

    [JsonPropertyName("type"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] public string? Type { get; init; }

    [JsonPropertyName("stream"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] public string? Stream { get; init; }

    [JsonPropertyName("toxicity"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] public double? Toxicity { get; init; }

    [JsonPropertyName("attributes"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] public IReadOnlyDictionary<string, double>? Attributes { get; init; }

    internal static ToxicJson Of(ToxicSpec toxic) => new()
    {
        Name = toxic.Name,
        Type = toxic.Kind.Type,
        Stream = toxic.Stream == Direction.Upstream ? "upstream" : "downstream",
        Toxicity = toxic.Toxicity,
        Attributes = toxic.Attributes,
    };

    // As Toxiproxy lists them: upstream first, each direction in its order.
    internal static IReadOnlyList<ToxicJson> Of(IEnumerable<ToxicSpec> toxics) => [.. toxics.OrderByDescending(t => t.Stream == Direction.Upstream).Select(Of)];

    internal ToxicSpec ToSpec()
    {
        var stream = Stream?.ToUpperInvariant() switch
        {
            null or "DOWNSTREAM" => Direction.Downstream,
            "UPSTREAM" => Direction.Upstream,
            _ => throw new ProxyException(ProxyProblem.Invalid, "stream was invalid, can be either upstream or downstream"),
        };
        return ToxicSpec.Create(Type ?? "", stream, Attributes, Name, Toxicity ?? 1);
    }
}

/// <summary>An error as JSON, with Toxiproxy 2.x's names.</summary>
public sealed record ErrorJson([property: JsonPropertyName("error")] string Error, [property: JsonPropertyName("status")] int Status);

/// <summary>The reply to /populate; an error comes with what was made before it.</summary>
public sealed record PopulatedJson([property: JsonPropertyName("proxies")] IReadOnlyList<ProxyJson>? Proxies)
{
    /// <summary>What went wrong; null: nothing.</summary>
    [JsonPropertyName("error"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] public string? Error { get; init; }

    /// <summary>The status with an error.</summary>
    [JsonPropertyName("status"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] public int? Status { get; init; }
}

/// <summary>The reply to /version.</summary>
public sealed record VersionJson([property: JsonPropertyName("version")] string Version);

/// <summary>How the JSON is read and written.</summary>
internal static class ProxyJsonOptions
{
    public static JsonSerializerOptions Web { get; } = new(JsonSerializerDefaults.Web) { NumberHandling = JsonNumberHandling.Strict };
}
