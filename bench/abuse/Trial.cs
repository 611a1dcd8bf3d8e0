using System.Diagnostics;
using System.Globalization;
using ZeroK.Bench.Relay;

namespace ZeroK.Bench.Abuse;

/// <summary>One attack beside two devices that work: what the relay holds, what it costs, and what the two notice.</summary>
internal static class Trial
{
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(6);
    private static readonly TimeSpan Attack = TimeSpan.FromSeconds(12);
    private static readonly TimeSpan After = TimeSpan.FromSeconds(5);

    public static async Task<string> RunAsync(string relayDll, IAttack attack)
    {
        await using var relay = await RelayUnderTest.StartAsync(relayDll);
        await using var pair = await WorkingPair.StartAsync(relay);
        await Task.Delay(Quiet, TimeProvider.System);
        var quiet = pair.TakeLatencies();
        var before = relay.ResidentBytes;

        var (clock, processor) = (Stopwatch.StartNew(), relay.Processor);
        using var stop = new CancellationTokenSource(Attack, TimeProvider.System);
        var running = Task.Run(() => attack.RunAsync(relay, stop.Token));
        var peak = before;
        var newcomer = Task.Run(async () =>
        {
            await Task.Delay(Attack / 2, TimeProvider.System);
            return await pair.NewDeviceAsync();
        });
        while (!running.IsCompleted)
        {
            peak = Math.Max(peak, relay.ResidentBytes);
            await Task.WhenAny(running, Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System));
        }

        var got = await running;
        var cores = (relay.Processor - processor) / clock.Elapsed;
        var during = pair.TakeLatencies();
        var joined = await newcomer;
        await Task.Delay(After, TimeProvider.System);
        return string.Create(CultureInfo.InvariantCulture,
            $"| {attack.Name} | {got} | {before / 1e6:0}, {peak / 1e6:0}, {relay.ResidentBytes / 1e6:0} | {relay.DiskBytes / 1e6:0} | {cores:0.00} | {P99(quiet)}, {P99(during)} | {joined} |");
    }

    private static string P99(List<double> latencies) =>
        latencies.Count == 0 ? "none came" : Figures.Percentile(latencies, 0.99).ToString("0.0", CultureInfo.InvariantCulture);
}
