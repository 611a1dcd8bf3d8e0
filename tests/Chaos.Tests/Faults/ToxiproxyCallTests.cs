using System.Text;
using Xunit;
using ZeroK.Chaos.Faults;
using ZeroK.Chaos.Proxy.Api;

namespace ZeroK.Chaos.Tests.Faults;

/// <summary>What the client sends, without a server.</summary>
public sealed class ToxiproxyCallTests
{
    private static readonly ProxyJson Redis = new() { Name = "redis", Listen = "127.0.0.1:26379", Upstream = "127.0.0.1:6379", Enabled = true };
    private static readonly ToxicJson Slow = new() { Name = "slow", Type = "latency", Stream = "upstream", Toxicity = 0.5, Attributes = new Dictionary<string, double> { ["latency"] = 1000, ["jitter"] = 2.5 } };

    public static TheoryData<string, ToxiproxyCall> Calls => new()
    {
        { "GET version", ToxiproxyCall.Version },
        { "GET proxies", ToxiproxyCall.List },
        { "POST reset", ToxiproxyCall.Reset },
        { """POST proxies {"name":"redis","listen":"127.0.0.1:26379","upstream":"127.0.0.1:6379","enabled":true}""", ToxiproxyCall.Create(Redis) },
        { """POST populate [{"name":"redis","listen":"127.0.0.1:26379","upstream":"127.0.0.1:6379","enabled":true},{"name":"q","upstream":"h:1","protocol":"udp"}]""", ToxiproxyCall.Populate([Redis, new ProxyJson { Name = "q", Upstream = "h:1", Protocol = "udp" }]) },
        { "GET proxies/redis", ToxiproxyCall.Get("redis") },
        { """POST proxies/redis {"enabled":false}""", ToxiproxyCall.Update("redis", new ProxyJson { Enabled = false }) },
        { "DELETE proxies/redis", ToxiproxyCall.Delete("redis") },
        { "GET proxies/redis/toxics", ToxiproxyCall.Toxics("redis") },
        { """POST proxies/redis/toxics {"name":"slow","type":"latency","stream":"upstream","toxicity":0.5,"attributes":{"latency":1000,"jitter":2.5}}""", ToxiproxyCall.AddToxic("redis", Slow) },
        { "GET proxies/redis/toxics/slow", ToxiproxyCall.Toxic("redis", "slow") },
        { """POST proxies/redis/toxics/slow {"attributes":{"latency":1}}""", ToxiproxyCall.UpdateToxic("redis", "slow", new ToxicJson { Attributes = new Dictionary<string, double> { ["latency"] = 1 } }) },
        { "DELETE proxies/redis/toxics/slow", ToxiproxyCall.RemoveToxic("redis", "slow") },
        { "DELETE proxies/b%20b/toxics/a%2Fc%3Fd", ToxiproxyCall.RemoveToxic("b b", "a/c?d") },
    };

    [Theory]
    [MemberData(nameof(Calls))]
    public void Every_call_has_the_verb_the_path_and_the_body_of_Toxiproxy(string expected, ToxiproxyCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        Assert.Equal(expected, $"{call.Method} {call.Path} {(call.Body is null ? "" : Encoding.UTF8.GetString(call.Body))}".TrimEnd());
    }

    [Fact]
    public void A_call_without_a_name_would_be_for_all_and_is_refused()
    {
        Assert.Throws<ArgumentException>(() => ToxiproxyCall.Delete(""));
    }
}
