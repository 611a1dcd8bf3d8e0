using System.Globalization;
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
            Number(arguments["rate"] ?? "500"),
            (int)Number(arguments["groups"] ?? "50"),
            (int)Number(arguments["relays"] ?? "3"),
            (int)Number(arguments["bytes"] ?? "1024"),
            (int)Number(arguments["seed"] ?? "1"),
            arguments["fault"] ?? "",
            arguments["out"]);
        return await ClusterRun.RunAsync(options, Console.Out, CancellationToken.None) ? 0 : 1;
    }

    // 90s, 10m, or seconds.
    private static TimeSpan Duration(string text) => text[^1] switch
    {
        'm' => TimeSpan.FromMinutes(Number(text[..^1])),
        's' => TimeSpan.FromSeconds(Number(text[..^1])),
        _ => TimeSpan.FromSeconds(Number(text)),
    };

    private static double Number(string text) => double.TryParse(text, CultureInfo.InvariantCulture, out var number) ? number : throw new ArgumentException($"'{text}' is not a number.");
}
