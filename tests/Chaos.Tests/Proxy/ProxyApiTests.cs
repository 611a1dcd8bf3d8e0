using System.Net;
using System.Text;
using System.Text.Json;
using Xunit;
using ZeroK.Chaos.Faults;
using ZeroK.Chaos.Proxy;
using ZeroK.Chaos.Proxy.Api;
using static ZeroK.Chaos.Tests.Proxy.TestSockets;

namespace ZeroK.Chaos.Tests.Proxy;

/// <summary>The REST interface over real HTTP: with our client, and with the raw JSON that other Toxiproxy clients send.</summary>
public sealed class ProxyApiTests : IAsyncLifetime
{
    private readonly EchoServer _echo = new();
    private readonly ProxyCollection _proxies = new(ProxyOptions.Default);
    private ProxyApi _api = null!;
    private ToxiproxyClient _client = null!;

    public async ValueTask InitializeAsync()
    {
        _api = await ProxyApi.StartAsync(_proxies);
        _client = new ToxiproxyClient(_api.Address);
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _api.DisposeAsync();
        await _proxies.DisposeAsync();
        await _echo.DisposeAsync();
    }

    private async Task<(HttpStatusCode Status, string Body)> RawAsync(string method, string path, string? json = null)
    {
        using var http = new HttpClient { BaseAddress = _api.Address };
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (json is not null) request.Content = new StringContent(json, Encoding.UTF8, "application/json");
        using var reply = await http.SendAsync(request);
        return (reply.StatusCode, await reply.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task A_proxy_made_over_HTTP_forwards_and_its_toxic_acts()
    {
        var made = await _client.CreateAsync(new ProxyJson { Name = "relay", Listen = "127.0.0.1:0", Upstream = _echo.Tcp });
        Assert.True(made.Enabled);
        await using var stream = await ConnectAsync(made.Listen!);
        await stream.WriteAsync("x"u8.ToArray(), In(5));
        await stream.ReadExactlyAsync(new byte[1], In(5));

        var toxic = await _client.AddToxicAsync("relay", new ToxicJson { Type = "limit_data", Stream = "upstream", Attributes = new Dictionary<string, double> { ["bytes"] = 2 } });
        Assert.Equal("limit_data_upstream", toxic.Name);
        await stream.WriteAsync("abc"u8.ToArray(), In(5));
        using var rest = new MemoryStream();
        try
        {
            await stream.CopyToAsync(rest, In(5));
        }
        catch (IOException)
        {
            // A close with unread bytes is a reset on the wire.
        }

        Assert.True(rest.Length <= 2);
        Assert.Equal(1, _proxies.Get("relay").Hits()["limit_data_upstream"]);
    }

    [Fact]
    public async Task Every_verb_of_the_client_works_against_the_interface()
    {
        Assert.NotEmpty(await _client.VersionAsync());
        var proxies = await _client.PopulateAsync([new ProxyJson { Name = "a", Listen = "127.0.0.1:0", Upstream = _echo.Tcp }, new ProxyJson { Name = "b b", Listen = "127.0.0.1:0", Upstream = _echo.Udp, Protocol = "udp" }]);
        Assert.Equal(["a", "b b"], (await _client.ListAsync()).Keys.Order());
        Assert.Equal("udp", (await _client.GetAsync("b b")).Protocol);

        await _client.AddToxicAsync("a", new ToxicJson { Type = "latency", Name = "slow", Toxicity = 0.5, Attributes = new Dictionary<string, double> { ["latency"] = 10, ["jitter"] = 5 } });
        var updated = await _client.UpdateToxicAsync("a", "slow", new ToxicJson { Attributes = new Dictionary<string, double> { ["latency"] = 20 } });
        Assert.Equal((20, 5, 0.5), (updated.Attributes!["latency"], updated.Attributes["jitter"], updated.Toxicity));
        Assert.Equal("downstream", (await _client.ToxicAsync("a", "slow")).Stream);
        Assert.Single(await _client.ToxicsAsync("a"));
        await _client.RemoveToxicAsync("a", "slow");
        Assert.Empty(await _client.ToxicsAsync("a"));

        Assert.False((await _client.UpdateAsync("a", new ProxyJson { Enabled = false })).Enabled);
        await _client.AddToxicAsync("a", new ToxicJson { Type = "timeout" });
        await _client.ResetAsync();
        var reset = await _client.GetAsync("a");
        Assert.True(reset.Enabled);
        Assert.Empty(reset.Toxics!);
        Assert.Equal(proxies[0].Listen, reset.Listen);
        await _client.DeleteAsync("a");
        Assert.Equal(["b b"], (await _client.ListAsync()).Keys);
    }

    [Fact]
    public async Task Raw_JSON_of_Toxiproxy_is_understood_and_answered_alike()
    {
        var (status, body) = await RawAsync("POST", "/proxies", $$"""{"name":"redis","listen":"127.0.0.1:0","upstream":"{{_echo.Tcp}}","enabled":true}""");
        Assert.Equal(HttpStatusCode.Created, status);
        Assert.Equal(["name", "listen", "upstream", "enabled", "toxics"], JsonDocument.Parse(body).RootElement.EnumerateObject().Select(p => p.Name));

        (status, body) = await RawAsync("POST", "/proxies/redis/toxics", """{"type":"latency","attributes":{"latency":1000}}""");
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal("""{"name":"latency_downstream","type":"latency","stream":"downstream","toxicity":1,"attributes":{"latency":1000,"jitter":0}}""", body);
        Assert.Equal(HttpStatusCode.OK, (await RawAsync("PATCH", "/proxies/redis/toxics/latency_downstream", """{"toxicity":0}""")).Status);
        Assert.Equal(HttpStatusCode.NoContent, (await RawAsync("DELETE", "/proxies/redis/toxics/latency_downstream")).Status);
        Assert.Equal(HttpStatusCode.NoContent, (await RawAsync("POST", "/reset")).Status);
        Assert.Equal(HttpStatusCode.Created, (await RawAsync("POST", "/populate", "[]")).Status);
        Assert.Equal(HttpStatusCode.NoContent, (await RawAsync("DELETE", "/proxies/redis")).Status);
    }

    // The texts are the original's (its api.go); where it has none, or where ours adds what is allowed, only the beginning is compared.
    [Theory]
    [InlineData("GET", "/proxies/none", null, 404, "proxy not found")]
    [InlineData("DELETE", "/proxies/none", null, 404, "proxy not found")]
    [InlineData("POST", "/proxies/none", "{}", 404, "proxy not found")]
    [InlineData("GET", "/proxies/none/toxics", null, 404, "proxy not found")]
    [InlineData("POST", "/proxies", "{}", 400, "missing required field: name")]
    [InlineData("POST", "/proxies", """{"name":"x"}""", 400, "missing required field: upstream")]
    [InlineData("POST", "/proxies", "", 400, "bad request body: ")]
    [InlineData("POST", "/proxies", "null", 400, "bad request body: ")]
    [InlineData("POST", "/proxies", "not json", 400, "bad request body: ")]
    [InlineData("POST", "/proxies", """{"name":"x","upstream":1}""", 400, "bad request body: ")]
    [InlineData("POST", "/proxies", """{"name":"x","upstream":"nowhere"}""", 400, "'nowhere' is not an address")]
    [InlineData("POST", "/proxies", """{"name":"x","listen":"nowhere","upstream":"127.0.0.1:1"}""", 500, "'nowhere' is not an address")]
    [InlineData("POST", "/proxies", """{"name":"taken","upstream":"127.0.0.1:1"}""", 409, "proxy already exists")]
    [InlineData("POST", "/populate", "{}", 400, "bad request body: ")]
    [InlineData("POST", "/populate", "[null]", 400, "missing required field: name at proxy 1")]
    [InlineData("POST", "/populate", """[{"name":"x","upstream":"127.0.0.1:1"},{"name":"y"}]""", 400, "missing required field: upstream at proxy 2")]
    [InlineData("POST", "/proxies/taken/toxics", """{"type":"no such"}""", 400, "invalid toxic type")]
    [InlineData("POST", "/proxies/taken/toxics", "{}", 400, "invalid toxic type")]
    [InlineData("POST", "/proxies/taken/toxics", """{"type":"latency","stream":"sideways"}""", 400, "stream was invalid, can be either upstream or downstream")]
    [InlineData("POST", "/proxies/taken/toxics", """{"type":"latency","stream":""}""", 400, "stream was invalid, can be either upstream or downstream")]
    [InlineData("POST", "/proxies/taken/toxics", """{"type":"latency","attributes":{"latency":-1}}""", 400, "latency: latency is -1")]
    [InlineData("POST", "/proxies/taken/toxics", """{"type":"latency","attributes":{"latency":"1"}}""", 400, "bad request body: ")]
    [InlineData("POST", "/proxies/taken/toxics", """{"name":"there","type":"latency"}""", 409, "toxic already exists")]
    [InlineData("GET", "/proxies/taken/toxics/none", null, 404, "toxic not found")]
    [InlineData("PATCH", "/proxies/taken/toxics/none", "{}", 404, "toxic not found")]
    [InlineData("DELETE", "/proxies/taken/toxics/none", null, 404, "toxic not found")]
    public async Task Errors_have_the_status_the_shape_and_the_words_of_Toxiproxy(string method, string path, string? json, int expected, string words)
    {
        await _client.CreateAsync(new ProxyJson { Name = "taken", Upstream = _echo.Tcp });
        await _client.AddToxicAsync("taken", new ToxicJson { Name = "there", Type = "noop" });
        var (status, body) = await RawAsync(method, path, json);
        Assert.Equal(expected, (int)status);
        var error = JsonDocument.Parse(body).RootElement;
        Assert.Equal(expected, error.GetProperty("status").GetInt32());
        Assert.StartsWith(words, error.GetProperty("error").GetString());
        Assert.Equal(["taken"], (await _client.ListAsync()).Keys);
    }

    [Fact]
    public async Task A_population_that_fails_half_way_says_what_was_made()
    {
        var (status, body) = await RawAsync("POST", "/populate", $$"""[{"name":"a","listen":"127.0.0.1:0","upstream":"{{_echo.Tcp}}"},{"name":"b","listen":"nowhere","upstream":"{{_echo.Tcp}}"}]""");
        Assert.Equal(500, (int)status);
        var reply = JsonDocument.Parse(body).RootElement;
        Assert.Equal(500, reply.GetProperty("status").GetInt32());
        Assert.Contains("nowhere", reply.GetProperty("error").GetString(), StringComparison.Ordinal);
        Assert.Equal("a", Assert.Single(reply.GetProperty("proxies").EnumerateArray()).GetProperty("name").GetString());
        Assert.Equal(["a"], (await _client.ListAsync()).Keys);
    }

    [Fact]
    public async Task Toxics_are_listed_upstream_first_as_Toxiproxy_does()
    {
        await _client.CreateAsync(new ProxyJson { Name = "a", Upstream = _echo.Tcp });
        await _client.AddToxicAsync("a", new ToxicJson { Type = "latency", Stream = "downstream" });
        await _client.AddToxicAsync("a", new ToxicJson { Type = "slicer", Stream = "upstream" });
        Assert.Equal(["slicer_upstream", "latency_downstream"], (await _client.ToxicsAsync("a")).Select(t => t.Name));
        Assert.Equal(["slicer_upstream", "latency_downstream"], (await _client.GetAsync("a")).Toxics!.Select(t => t.Name));
    }

    [Fact]
    public async Task A_browser_is_refused_so_that_no_web_page_can_drive_the_proxy()
    {
        using var http = new HttpClient { BaseAddress = _api.Address };
        http.DefaultRequestHeaders.UserAgent.ParseAdd("Mozilla/5.0");
        using var reply = await http.GetAsync(new Uri("/proxies", UriKind.Relative));
        Assert.Equal(HttpStatusCode.Forbidden, reply.StatusCode);
    }

    [Fact]
    public async Task An_endless_body_is_not_read()
    {
        using var http = new HttpClient { BaseAddress = _api.Address };
        using var body = new ByteArrayContent(new byte[ProxyBodies.BytesMax + 1]);
        using var reply = await http.PostAsync(new Uri("/proxies", UriKind.Relative), body);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, reply.StatusCode);
    }

    [Fact]
    public async Task The_client_says_what_the_server_refused()
    {
        var refused = await Assert.ThrowsAsync<ToxiproxyException>(() => _client.GetAsync("none"));
        Assert.Equal(HttpStatusCode.NotFound, refused.Status);
        Assert.Equal("""404: {"error":"proxy not found","status":404}""", refused.Message);
    }
}
