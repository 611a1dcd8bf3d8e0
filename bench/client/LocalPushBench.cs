using System.Diagnostics;
using System.Security.Cryptography;
using ZeroK.Bench.Relay;
using ZeroK.Client;

namespace ZeroK.Bench.Client;

/// <summary>PushAsync without a relay: sealed and in the durable outbox. One caller, then 64, each beside bare SQLite with as many rows a transaction.</summary>
internal static class LocalPushBench
{
    private const int PayloadBytes = 1024;
    private const int SealedBytes = 1216; // 1 KiB and its header, padded and sealed; the row's other columns are not counted
    private static readonly TimeSpan _time = TimeSpan.FromSeconds(5);

    public static async Task RunAsync(Figures figures)
    {
        var root = Directory.CreateTempSubdirectory("zerok-bench-").FullName;
        try
        {
            using var device = Device.Init(Path.Combine(root, "device"), "bench");
            if (!RelayAddress.TryParse("zerok-relay://127.0.0.1:1/" + System.Buffers.Text.Base64Url.EncodeToString(new byte[32]), out var nowhere, out var problem)) throw new InvalidOperationException(problem);
            using (var secret = GroupSecret.Random()) device.CreateGroup(secret, [nowhere]);
            await using var client = await SyncClient.StartAsync(device, SyncOptions.Default with { OutboxBytesMax = 8L << 30, Transport = TransportChoice.Tcp });
            await PushAsync(client, 1, TimeSpan.FromSeconds(1));

            var (alone, latencies) = await PushAsync(client, 1, _time);
            var (bareAlone, bareMs) = BareSqlite.Run(Path.Combine(root, "bare1.db"), SealedBytes, 1, _time);
            figures.Add("local push, 1 KiB, one caller, p99 until durable in the outbox", F(Figures.Percentile(latencies, 0.99), "ms"), $"bare SQLite insert p99 {Figures.Percentile(bareMs, 0.99):0.00} ms, same run");
            figures.Add("the same, median", F(Figures.Percentile(latencies, 0.5), "ms"), $"bare SQLite {Figures.Percentile(bareMs, 0.5):0.00} ms");
            figures.Add("local pushes/s, one caller", F(alone, "/s"), $"{alone / bareAlone:0.00} of bare SQLite's {bareAlone:#,0}/s, one row a transaction");

            var (many, manyLatencies) = await PushAsync(client, 64, _time);
            var (bareMany, _) = BareSqlite.Run(Path.Combine(root, "bare64.db"), SealedBytes, 64, _time);
            figures.Add("local pushes/s, 64 callers", F(many, "/s"), $"{many / bareMany:0.00} of bare SQLite's {bareMany:#,0}/s, 64 rows a transaction; p99 {Figures.Percentile(manyLatencies, 0.99):0.0} ms");
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    private static async Task<(double PerSecond, List<double> LatencyMs)> PushAsync(SyncClient client, int callers, TimeSpan time)
    {
        var clock = Stopwatch.StartNew();
        var each = await Task.WhenAll(Enumerable.Range(0, callers).Select(_ => Task.Run(async () =>
        {
            var payload = RandomNumberGenerator.GetBytes(PayloadBytes);
            var took = new List<double>();
            while (clock.Elapsed < time)
            {
                var started = clock.Elapsed;
                await client.PushAsync(payload);
                took.Add((clock.Elapsed - started).TotalMilliseconds);
            }

            return took;
        })));
        var all = each.SelectMany(l => l).ToList();
        return (all.Count / clock.Elapsed.TotalSeconds, all);
    }

    private static string F(double value, string unit) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{value:#,0.##} {unit}");
}
