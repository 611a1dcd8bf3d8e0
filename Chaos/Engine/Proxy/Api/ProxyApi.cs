using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace ZeroK.Chaos.Proxy.Api;

/// <summary>The REST interface over the proxies, as users of Toxiproxy 2.x know it. No authorization: it listens on loopback unless told otherwise.</summary>
public sealed class ProxyApi : IAsyncDisposable
{
    /// <summary>Toxiproxy's port.</summary>
    public const int DefaultPort = 8474;

    private readonly WebApplication _app;
    private readonly ProxyCollection _proxies;

    private ProxyApi(WebApplication app, ProxyCollection proxies)
    {
        _app = app;
        _proxies = proxies;
    }

    /// <summary>Where it listens.</summary>
    public Uri Address => new(_app.Urls.First());

    /// <summary>Starts it.</summary>
    /// <param name="proxies">The proxies; they stay the caller's.</param>
    /// <param name="address">Where to listen.</param>
    /// <param name="port">0 takes a free one.</param>
    public static async Task<ProxyApi> StartAsync(ProxyCollection proxies, IPAddress? address = null, int port = 0)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(k =>
        {
            k.Limits.MaxRequestBodySize = ProxyBodies.BytesMax;
            k.Listen(address ?? IPAddress.Loopback, port);
        });
        var api = new ProxyApi(builder.Build(), proxies);
        api.Map();
        await api._app.StartAsync().ConfigureAwait(false);
        return api;
    }

    /// <summary>Stops it.</summary>
    public ValueTask DisposeAsync() => _app.DisposeAsync();

    // One row an endpoint. Toxiproxy takes POST and PATCH for updates.
    private void Map()
    {
        string[] update = ["POST", "PATCH"];
        _app.Use(RefuseBrowsersAsync);
        _app.Use(AnswerErrorsAsync);
        _app.MapGet("/version", () => Reply(200, new VersionJson("2.12.0-zerok")));
        _app.MapGet("/proxies", () => Reply(200, _proxies.All.ToDictionary(p => p.Name, ProxyJson.Of)));
        _app.MapPost("/proxies", async (HttpRequest r) => Reply(201, ProxyJson.Of(await CreateAsync(ProxyBodies.Proxy(await BodyAsync(r))))));
        _app.MapPost("/populate", async (HttpRequest r) => await PopulateAsync(ProxyBodies.Population(await BodyAsync(r))));
        _app.MapPost("/reset", async () => { await _proxies.ResetAsync(); return Results.NoContent(); });
        _app.MapGet("/proxies/{proxy}", (string proxy) => Reply(200, ProxyJson.Of(_proxies.Get(proxy))));
        _app.MapMethods("/proxies/{proxy}", update, async (string proxy, HttpRequest r) => Reply(200, await UpdateAsync(_proxies.Get(proxy), ProxyBodies.ProxyChange(await BodyAsync(r)))));
        _app.MapDelete("/proxies/{proxy}", async (string proxy) => { await _proxies.RemoveAsync(proxy); return Results.NoContent(); });
        _app.MapGet("/proxies/{proxy}/toxics", (string proxy) => Reply(200, ToxicJson.Of(_proxies.Get(proxy).Toxics)));
        _app.MapPost("/proxies/{proxy}/toxics", async (string proxy, HttpRequest r) => Reply(200, ToxicJson.Of(_proxies.Get(proxy).Add(ProxyBodies.Toxic(await BodyAsync(r))))));
        _app.MapGet("/proxies/{proxy}/toxics/{toxic}", (string proxy, string toxic) => Reply(200, ToxicJson.Of(Find(proxy, toxic))));
        _app.MapMethods("/proxies/{proxy}/toxics/{toxic}", update, async (string proxy, string toxic, HttpRequest r) => Reply(200, Update(_proxies.Get(proxy), ProxyBodies.ToxicChange(Find(proxy, toxic), await BodyAsync(r)))));
        _app.MapDelete("/proxies/{proxy}/toxics/{toxic}", (string proxy, string toxic) => { _proxies.Get(proxy).Remove(toxic); return Results.NoContent(); });
    }

    private Task<ChaosProxy> CreateAsync(ProxyJson json) =>
        _proxies.CreateAsync(json.Name ?? "", ProxyBodies.ProtocolOf(json), json.Listen ?? "", json.Upstream ?? "", json.Enabled ?? true);

    // As Toxiproxy: an existing proxy with the same addresses stays as it is, with others it is replaced; what was made before an error is told with it.
    private async Task<IResult> PopulateAsync(IReadOnlyList<ProxyJson> wanted)
    {
        var made = new List<ProxyJson>();
        try
        {
            foreach (var json in wanted)
            {
                var existing = _proxies.All.FirstOrDefault(p => p.Name == json.Name);
                if (existing is null || existing.Listen.ToString() != json.Listen || existing.Upstream.ToString() != json.Upstream)
                {
                    if (existing is not null) await _proxies.RemoveAsync(existing.Name);
                    existing = await CreateAsync(json);
                }

                made.Add(ProxyJson.Of(existing));
            }
        }
        catch (ProxyException e)
        {
            return Reply(StatusOf(e), new PopulatedJson(made) { Error = e.Message, Status = StatusOf(e) });
        }

        return Reply(201, new PopulatedJson(made));
    }

    private static async Task<ProxyJson> UpdateAsync(ChaosProxy proxy, ProxyJson json)
    {
        await proxy.MoveAsync(json.Listen ?? proxy.Listen.ToString(), json.Upstream ?? proxy.Upstream.ToString());
        if (json.Enabled == true) await proxy.EnableAsync();
        if (json.Enabled == false) await proxy.DisableAsync();
        return ProxyJson.Of(proxy);
    }

    private static ToxicJson Update(ChaosProxy proxy, ToxicSpec toxic)
    {
        proxy.Update(toxic);
        return ToxicJson.Of(toxic);
    }

    private ToxicSpec Find(string proxy, string toxic) =>
        _proxies.Get(proxy).Toxics.FirstOrDefault(t => t.Name == toxic) ?? throw new ProxyException(ProxyProblem.NoToxic, "toxic not found");

    private static async Task<byte[]> BodyAsync(HttpRequest request)
    {
        using var body = new MemoryStream();
        await request.Body.CopyToAsync(body, request.HttpContext.RequestAborted);
        return body.ToArray();
    }

    private static IResult Reply<T>(int status, T body) => Results.Json(body, ProxyJsonOptions.Web, statusCode: status);

    // As Toxiproxy: a web page must not be able to drive the proxy through its reader's browser.
    private static Task RefuseBrowsersAsync(HttpContext context, RequestDelegate next)
    {
        if (!context.Request.Headers.UserAgent.ToString().StartsWith("Mozilla/", StringComparison.Ordinal)) return next(context);
        context.Response.StatusCode = StatusCodes.Status403Forbidden;
        return context.Response.WriteAsync("User agent not allowed\n");
    }

    private static async Task AnswerErrorsAsync(HttpContext context, RequestDelegate next)
    {
        try
        {
            await next(context);
        }
        catch (ProxyException e)
        {
            await Reply(StatusOf(e), new ErrorJson(e.Message, StatusOf(e))).ExecuteAsync(context);
        }
    }

    private static int StatusOf(ProxyException e) => e.Problem switch
    {
        ProxyProblem.NoProxy or ProxyProblem.NoToxic => 404,
        ProxyProblem.Exists => 409,
        ProxyProblem.CannotListen => 500,
        _ => 400,
    };
}
