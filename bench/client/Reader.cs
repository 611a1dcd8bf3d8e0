using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using ZeroK.Client;

namespace ZeroK.Bench.Client;

/// <summary>The reader's process: says as JSON how long it took and what it needed.</summary>
internal static class Reader
{
    public static async Task RunAsync(string directory, int expected, int ackEvery)
    {
        using var device = Device.Open(directory);
        var clock = Stopwatch.StartNew();
        await using var client = await SyncClient.StartAsync(device);
        var received = 0;
        await foreach (var blob in client.ReceiveAsync())
        {
            if (blob.Payload.Length != 1024) throw new InvalidOperationException("A payload came with another length.");
            if (++received % ackEvery == 0 || received == expected) await blob.AckAsync();
            if (received == expected) break;
        }

        await client.CaughtUpAsync();
        var seconds = clock.Elapsed.TotalSeconds;
        using var self = Process.GetCurrentProcess();
        Console.WriteLine(JsonSerializer.Serialize(new { seconds, peakBytes = PeakBytes(), processorSeconds = self.TotalProcessorTime.TotalSeconds, transport = client.Status.Transport.ToString() }));
    }

    private static double PeakBytes() => double.Parse(
        File.ReadLines("/proc/self/status").First(l => l.StartsWith("VmHWM:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1],
        CultureInfo.InvariantCulture) * 1024;
}
