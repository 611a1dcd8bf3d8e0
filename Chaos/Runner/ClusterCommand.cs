using ZeroK.Chaos.Cluster;
using ZeroK.Postgres;

namespace ZeroK.Chaos.Runner;

/// <summary>`cluster`: several relays with PostgreSQL under random faults.</summary>
internal static class ClusterCommand
{
    public static async Task<int> RunAsync(Arguments arguments)
    {
        if (PostgreSqlServer.WhyNot() is { } why)
        {
            await Console.Error.WriteLineAsync(why);
            return 2;
        }

        var options = new ClusterRunOptions(
            arguments["relay"] ?? Programs.RelayDll(),
            Duration(arguments["for"] ?? "1m"),
            arguments.Number("rate", 500),
            (int)arguments.Number("groups", 50),
            (int)arguments.Number("relays", 3),
            (int)arguments.Number("bytes", 1024),
            (int)arguments.Number("seed", 1),
            arguments["fault"] ?? "",
            arguments["out"]);
        return await ClusterRun.RunAsync(options, Console.Out, CancellationToken.None) ? 0 : 1;
    }

    // 90s, 10m, or seconds.
    private static TimeSpan Duration(string text) => text[^1] switch
    {
        'm' => TimeSpan.FromMinutes(Arguments.Number(text[..^1])),
        's' => TimeSpan.FromSeconds(Arguments.Number(text[..^1])),
        _ => TimeSpan.FromSeconds(Arguments.Number(text)),
    };
}
