using System.Net;
using System.Net.Sockets;
using ZeroK.Relay.Settings;

namespace ZeroK.Relay.Http;

/// <summary><c>--healthcheck</c>: a second, short-lived process with the relay's settings asks the relay whether it is ready. For container health checks, where there is no curl.</summary>
internal static class HealthProbe
{
    public const string Option = "--healthcheck";

    // Longer than the relay waits for its store, shorter than the usual time limit of a health check.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(4);

    /// <summary>Asks; the answer, or why there was none, goes to <paramref name="output"/>.</summary>
    /// <returns><see cref="ExitCode.Done"/> when the relay is ready, <see cref="ExitCode.Fault"/> when it isn't or can't be reached.</returns>
    public static async Task<int> RunAsync(RelaySettings settings, TextWriter output)
    {
        using var http = new HttpClient { Timeout = Patience };
        try
        {
            using var answer = await http.GetAsync(Address(settings));
            var said = (await answer.Content.ReadAsStringAsync()).Trim();
            await output.WriteLineAsync(answer.IsSuccessStatusCode || said.StartsWith("not ready", StringComparison.Ordinal) ? said : $"not ready: HTTP status {(int)answer.StatusCode}");
            return answer.IsSuccessStatusCode ? ExitCode.Done : ExitCode.Fault;
        }
        catch (Exception unreachable) when (unreachable is HttpRequestException or TaskCanceledException)
        {
            await output.WriteLineAsync(unreachable is TaskCanceledException ? $"not ready: no answer within {Patience.TotalSeconds} s" : $"not ready: {unreachable.Message}");
            return ExitCode.Fault;
        }
    }

    /// <summary>Where the relay with these settings answers; one that listens on all addresses is asked on loopback.</summary>
    /// <exception cref="SettingException">The port is 0: only the relay itself knows which one it got.</exception>
    internal static Uri Address(RelaySettings settings)
    {
        if (settings.HttpPort == 0) throw new SettingException($"{Option} needs the port: set Http:Port to one of 1 to 65535 for the relay and for its health check.");
        var listen = IPAddress.Parse(settings.HttpListen);
        if (listen.Equals(IPAddress.Any)) listen = IPAddress.Loopback;
        if (listen.Equals(IPAddress.IPv6Any)) listen = IPAddress.IPv6Loopback;
        var host = listen.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{listen}]" : listen.ToString();
        return new Uri($"http://{host}:{settings.HttpPort}/health/ready");
    }
}
