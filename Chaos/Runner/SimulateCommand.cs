using System.Globalization;
using ZeroK.Chaos.Simulation;

namespace ZeroK.Chaos.Runner;

/// <summary>`simulate`: whole groups in one thread from a seed.</summary>
internal static class SimulateCommand
{
    private const long DefaultSeeds = 10_000;

    public static int Run(Arguments arguments)
    {
        var first = Number(arguments["seed"] ?? "1");
        if (arguments["planted"] is not null) return SimulationRun.Planted(first, Duration(arguments["for"] ?? "60s"), Console.Out) == 0 ? 0 : 1;
        if (arguments["seed"] is not null && arguments["seeds"] is null && arguments["for"] is null) return SimulationRun.One(first, Console.Out) ? 0 : 1;
        var limit = arguments["for"] is { } text ? Duration(text) : TimeSpan.MaxValue;
        var count = arguments["seeds"] is { } seeds ? Number(seeds) : arguments["for"] is null ? DefaultSeeds : long.MaxValue / 2;
        return SimulationRun.Many(first, count, limit, Console.Out) == 0 ? 0 : 1;
    }

    // 90s, 10m, or seconds.
    private static TimeSpan Duration(string text) => text[^1] switch
    {
        'm' => TimeSpan.FromMinutes(Number(text[..^1])),
        's' => TimeSpan.FromSeconds(Number(text[..^1])),
        _ => TimeSpan.FromSeconds(Number(text)),
    };

    private static long Number(string text) => long.TryParse(text, CultureInfo.InvariantCulture, out var number) ? number : throw new ArgumentException($"'{text}' is not a number.");
}
