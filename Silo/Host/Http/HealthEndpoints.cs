using ZeroK.Gateway;
using ZeroK.Grains.Storage;

namespace ZeroK.Relay.Http;

/// <summary>GET /health/live: the process answers. GET /health/ready: it takes sessions, and its store answers; otherwise 503, with what is missing.</summary>
internal static class HealthEndpoints
{
    private static readonly TimeSpan StorePatience = TimeSpan.FromSeconds(2);

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/health/live", (HttpContext context) => context.Response.WriteAsync("live\n"));
        routes.MapGet("/health/ready", ReadyAsync);
    }

    private static async Task ReadyAsync(HttpContext context)
    {
        var services = context.RequestServices;
        var missing = !services.GetRequiredService<RelayGateway>().IsOpen ? "not accepting connections"
            : !await StoreAnswersAsync(services.GetRequiredService<IGroupStore>(), context.RequestAborted) ? "the store does not answer"
            : null;
        context.Response.StatusCode = missing is null ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        await context.Response.WriteAsync((missing is null ? "ready" : "not ready: " + missing) + "\n");
    }

    private static async Task<bool> StoreAnswersAsync(IGroupStore store, CancellationToken cancellationToken)
    {
        try
        {
            // Older than the epoch: finds nothing, but has to look.
            await store.FindExpiredAsync(0, 1, cancellationToken).AsTask().WaitAsync(StorePatience, cancellationToken);
            return true;
        }
        catch (Exception fault) when (fault is StoreException or TimeoutException)
        {
            return false;
        }
    }
}
