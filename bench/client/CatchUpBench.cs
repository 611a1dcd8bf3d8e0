using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using ZeroK.Bench.Relay;
using ZeroK.Client;

namespace ZeroK.Bench.Client;

/// <summary>A device that was away takes everything the relay kept: fetched, opened, checked, handed over and acknowledged, in a process of its own.</summary>
internal static class CatchUpBench
{
    private const int PayloadBytes = 1024;
    private static readonly int[] _ackEvery = [1, 100];

    public static async Task RunAsync(string relayDll, int blobs, Figures figures)
    {
        var root = Directory.CreateTempSubdirectory("zerok-bench-").FullName;
        try
        {
            await using var relay = await RelayUnderTest.StartAsync(relayDll, "--Group:GroupBytesMax=10000000000", "--Gateway:MessagesPerDevicePerSecond=1000000", "--Gateway:MessagesPerSecond=10000000");
            if (!RelayAddress.TryParse(relay.Address, out var address, out var problem)) throw new InvalidOperationException(problem);
            using var writer = Device.Init(Path.Combine(root, "writer"), "writer");
            using (var secret = GroupSecret.Random()) writer.CreateGroup(secret, [address]);
            await ShowAsync(writer);
            foreach (var every in _ackEvery)
            {
                using var reader = Device.Init(Path.Combine(root, $"reader{every}"), "reader");
                using var invite = writer.CreateInvite();
                reader.JoinGroup(invite);
                await ShowAsync(reader);
            }

            await FillAsync(writer, blobs);
            foreach (var every in _ackEvery)
            {
                var (seconds, peakBytes, processorSeconds, transport) = await ReadAsync(Path.Combine(root, $"reader{every}"), blobs, every);
                var how = every == 1 ? "each acknowledged by itself" : $"one acknowledgement for {every}";
                figures.Add($"catch-up of {blobs:#,0} blobs of 1 KiB, {how}", string.Create(CultureInfo.InvariantCulture, $"{blobs / seconds:#,0} blobs/s, {blobs / seconds * PayloadBytes / 1e6:0.0} MB/s"), string.Create(CultureInfo.InvariantCulture, $"{seconds:0.0} s, over {transport}; reader's processor {processorSeconds / blobs * 1e6:0.0} µs a blob"));
                figures.AddAtMost("the same, peak memory of the reader's process", peakBytes / 1e6, "MB", 100);
            }
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    // The relay keeps blobs for the devices that it knows: each shows itself once, the first makes the group.
    private static async Task ShowAsync(Device device)
    {
        await using var client = await SyncClient.StartAsync(device);
        await client.CaughtUpAsync();
    }

    private static async Task FillAsync(Device writer, int blobs)
    {
        await using var client = await SyncClient.StartAsync(writer);
        await Parallel.ForAsync(0, blobs, new ParallelOptions { MaxDegreeOfParallelism = 64 }, async (_, stop) => await client.PushAsync(RandomNumberGenerator.GetBytes(PayloadBytes), cancellationToken: stop));
        await client.FlushAsync();
    }

    private static async Task<(double Seconds, double PeakBytes, double ProcessorSeconds, string Transport)> ReadAsync(string directory, int blobs, int ackEvery)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!, ["reader", directory, blobs.ToString(CultureInfo.InvariantCulture), ackEvery.ToString(CultureInfo.InvariantCulture)]) { RedirectStandardOutput = true };
        using var process = Process.Start(start)!;
        var said = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0) throw new InvalidOperationException($"The reader ended with {process.ExitCode}.");
        var result = JsonDocument.Parse(said).RootElement;
        return (result.GetProperty("seconds").GetDouble(), result.GetProperty("peakBytes").GetDouble(), result.GetProperty("processorSeconds").GetDouble(), result.GetProperty("transport").GetString()!);
    }
}
