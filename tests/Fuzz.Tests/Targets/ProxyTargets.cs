using System.Text;
using System.Text.Json;
using ZeroK.Chaos.Proxy;
using ZeroK.Chaos.Proxy.Api;
using ZeroK.Fuzz.Tests.Engine;

namespace ZeroK.Fuzz.Tests.Targets;

/// <summary>The bodies that the chaos proxy's REST interface takes. It listens on loopback, yet any program of the machine may send it anything.</summary>
internal static class ProxyTargets
{
    private static readonly ToxicSpec Old = ToxicSpec.Create("latency", Direction.Upstream, new Dictionary<string, double> { ["latency"] = 10, ["jitter"] = 1 });

    /// <summary>A proxy to make.</summary>
    public static FuzzTarget Proxy { get; } = Body("proxy-json", static b => ProxyBodies.Proxy(b),
        """{"name":"redis","listen":"127.0.0.1:26379","upstream":"127.0.0.1:6379","enabled":true}""", """{"name":"quic","upstream":"[::1]:4840","protocol":"udp","toxics":[{"type":"noop"}]}""");

    /// <summary>Several.</summary>
    public static FuzzTarget Population { get; } = Body("proxies-json", static b => ProxyBodies.Population(b), "[]", """[{"name":"a","upstream":"h:1"},{"name":"b","listen":"h:2","upstream":"h:3","enabled":false}]""");

    /// <summary>A toxic to add.</summary>
    public static FuzzTarget Toxic { get; } = Body("toxic-json", static b => ProxyBodies.Toxic(b),
        """{"name":"slow","type":"latency","stream":"upstream","toxicity":0.5,"attributes":{"latency":1000,"jitter":2.5}}""", """{"type":"slicer","attributes":{"average_size":64,"size_variation":32,"delay":10}}""") with
    {
        Verify = static (_, value) => Sound((ToxicSpec)value),
    };

    /// <summary>A change of one.</summary>
    public static FuzzTarget ToxicChange { get; } = Body("toxic-change-json", static b => ProxyBodies.ToxicChange(Old, b), """{"toxicity":0.25,"attributes":{"latency":20}}""", "{}") with
    {
        Verify = static (_, value) =>
        {
            var toxic = (ToxicSpec)value;
            Sound(toxic);
            if (toxic.Name != Old.Name || toxic.Kind != Old.Kind || toxic.Stream != Old.Stream) throw new InvalidOperationException("A change made another toxic of it.");
        },
    };

    // Only the documented refusal is one, and it must answer with a client's error.
    private static FuzzTarget Body(string name, Func<byte[], object> parse, params string[] seeds) => new(name, [.. seeds.Select(Encoding.UTF8.GetBytes)], bytes =>
    {
        try
        {
            return parse(bytes);
        }
        catch (ProxyException e) when (e is { Problem: ProxyProblem.Invalid, Message.Length: > 0 })
        {
            return null;
        }
    });

    // What is accepted is within its kind's ranges, can be started, and is the same when read again.
    private static void Sound(ToxicSpec toxic)
    {
        if (!(toxic.Toxicity is >= 0 and <= 1)) throw new InvalidOperationException("The toxicity is no chance.");
        if (!toxic.Kind.TryResolve(toxic.Attributes, out var values, out var problem)) throw new InvalidOperationException(problem);
        _ = toxic.Kind.Create(values);
        var again = ProxyBodies.Toxic(JsonSerializer.SerializeToUtf8Bytes(new { name = toxic.Name, type = toxic.Kind.Type, stream = toxic.Stream.ToString(), toxicity = toxic.Toxicity, attributes = toxic.Attributes }));
        if ((again.Name, again.Kind, again.Stream, again.Toxicity) != (toxic.Name, toxic.Kind, toxic.Stream, toxic.Toxicity) || !again.Attributes.OrderBy(a => a.Key).SequenceEqual(toxic.Attributes.OrderBy(a => a.Key)))
            throw new InvalidOperationException("A toxic is another when read again.");
    }
}
