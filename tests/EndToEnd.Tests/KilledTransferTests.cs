using System.Diagnostics;
using System.Text.Json;
using Xunit;

namespace ZeroK.EndToEnd.Tests;

/// <summary>The command line is killed with -9 in the middle of a large content, and run again.</summary>
public sealed class KilledTransferTests() : TwoDevices("killed-transfer", "--Content:GroupBytesMax=1073741824")
{
    private const long ContentBytes = 96L << 20;
    private const long KillAtBytes = 24L << 20;

    // Two chunk groups, and the most that is under way at a time.
    private const long MovedAgainMax = (2 * 16 * 1024) + (1024 * 1024);

    [Fact]
    public async Task Put_and_get_go_on_where_they_were_killed_and_the_file_is_the_same()
    {
        var source = Path.Combine(Root, "source.bin");
        var bytes = new byte[ContentBytes];
        new Random(7).NextBytes(bytes);
        await File.WriteAllBytesAsync(source, bytes, TestContext.Current.CancellationToken);

        var stored = Path.Combine(Root, "relay", "content");
        var kept = await KillAsync(stored, "*", "content", "put", source, "--data-dir", DirA, "--json");
        AssertMovedTheRestOnly(await Programs.RunCliAsync(DirA, "", "content", "put", "--resume"), kept);

        await Programs.RunCliAsync(DirB, "", "pull");
        var target = Path.Combine(Root, "target.bin");
        kept = await KillAsync(Path.Combine(DirB, "content"), "*.sealed", "content", "get", "source.bin", "--out", target, "--data-dir", DirB, "--json");
        Assert.False(File.Exists(target), "Nothing half-written is a file.");
        AssertMovedTheRestOnly(await Programs.RunCliAsync(DirB, "", "content", "get", "source.bin", "--out", target), kept);
        var came = await File.ReadAllBytesAsync(target, TestContext.Current.CancellationToken);
        Assert.True(bytes.AsSpan().SequenceEqual(came), "The file that came is another one.");
    }

    // The tree's nodes move too: 64 bytes for each group, and a path of them for each piece.
    private static void AssertMovedTheRestOnly(string output, long kept)
    {
        var result = JsonDocument.Parse(output.Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1]).RootElement;
        var missing = result.GetProperty("sealedSize").GetInt64() - kept;
        var moved = result.GetProperty("moved").GetInt64();
        Assert.InRange(kept, KillAtBytes, ContentBytes);
        Assert.InRange(moved, 1, missing + (missing / 100) + MovedAgainMax);
    }

    private static async Task<long> KillAsync(string directory, string pattern, params string[] arguments)
    {
        using var process = Programs.Start(Programs.Cli, arguments);
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        var clock = Stopwatch.StartNew();
        while (Largest(directory, pattern) < KillAtBytes)
        {
            Assert.False(process.HasExited, "It ended before it could be killed.");
            Assert.True(clock.Elapsed < TimeSpan.FromMinutes(2), "It did not get so far.");
            await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System, TestContext.Current.CancellationToken);
        }

        process.Kill();
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        await Task.WhenAll(output, errors);

        // What was under way still gets to the disk.
        var (before, now) = (-1L, Largest(directory, pattern));
        while (before != now)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, TestContext.Current.CancellationToken);
            (before, now) = (now, Largest(directory, pattern));
        }

        return now;
    }

    private static long Largest(string directory, string pattern) =>
        Directory.Exists(directory) ? new DirectoryInfo(directory).EnumerateFiles(pattern, SearchOption.AllDirectories).Select(f => f.Length).DefaultIfEmpty().Max() : 0;
}
