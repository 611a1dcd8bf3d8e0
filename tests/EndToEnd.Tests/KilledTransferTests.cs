using System.Diagnostics;
using System.Net.Quic;
using System.Text.Json;
using Xunit;

namespace ZeroK.EndToEnd.Tests;

/// <summary>The command line is killed with -9 in the middle of a large content, and run again: over TCP.</summary>
public sealed class KilledTransferOverTcpTests : KilledTransferTests
{
    private SlowLink? _path;

    // No datagram gets through here.
    private protected override string AddressOf(RelayProcess relay) => At(relay, (_path ??= new SlowLink(relay.Port)).Port);

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        if (_path is not null) await _path.DisposeAsync();
        GC.SuppressFinalize(this);
    }
}

/// <summary>The same over QUIC.</summary>
public sealed class KilledTransferOverQuicTests : KilledTransferTests
{
    private DatagramLink? _path;

    // Nothing but datagrams gets through here. Without QUIC the test is skipped, and the devices need no path.
    private protected override string AddressOf(RelayProcess relay) => QuicConnection.IsSupported ? At(relay, (_path ??= new DatagramLink(relay.Port)).Port) : relay.Address;

    private protected override void SkipUnlessItCanRun() => Assert.SkipUnless(QuicConnection.IsSupported, "no libmsquic on this machine");

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        if (_path is not null) await _path.DisposeAsync();
        GC.SuppressFinalize(this);
    }
}

/// <summary>What holds over each transport: a killed put and a killed get go on, and little moves twice.</summary>
public abstract class KilledTransferTests() : TwoDevices("killed-transfer", "--Content:GroupBytesMax=1073741824")
{
    private const long ContentBytes = 96L << 20;
    private const long KillAtBytes = 24L << 20;

    // Two chunk groups.
    private const long AgainMax = 2 * 16 * 1024;

    // Eight pieces of 256 KiB: the most that is asked for and not yet on the disk, or sent and not yet answered.
    private const long InFlightMax = 8 * 256 * 1024;

    [Fact]
    public async Task Put_and_get_go_on_where_they_were_killed_and_the_file_is_the_same()
    {
        SkipUnlessItCanRun();
        var source = Path.Combine(Root, "source.bin");
        var bytes = new byte[ContentBytes];
        new Random(7).NextBytes(bytes);
        await File.WriteAllBytesAsync(source, bytes, TestContext.Current.CancellationToken);

        var stored = Path.Combine(Root, "relay", "content");
        var kept = await KillAsync(stored, "*", "content", "put", source, "--data-dir", DirA, "--json");
        await AssertMovesTheRestOnlyAsync("zerok_content_written_bytes_total", kept, () => Programs.RunCliAsync(DirA, "", "content", "put", "--resume"));

        await Programs.RunCliAsync(DirB, "", "pull");
        var target = Path.Combine(Root, "target.bin");
        kept = await KillAsync(Path.Combine(DirB, "content"), "*.sealed", "content", "get", "source.bin", "--out", target, "--data-dir", DirB, "--json");
        Assert.False(File.Exists(target), "Nothing half-written is a file.");
        await AssertMovesTheRestOnlyAsync("zerok_content_read_bytes_total", kept, () => Programs.RunCliAsync(DirB, "", "content", "get", "source.bin", "--out", target));
        var came = await File.ReadAllBytesAsync(target, TestContext.Current.CancellationToken);
        Assert.True(bytes.AsSpan().SequenceEqual(came), "The file that came is another one.");
    }

    // The tree's nodes move too: 64 bytes for each group, and a path of them for each piece.
    private protected virtual void SkipUnlessItCanRun()
    {
        // It always can.
    }

    private protected static string At(RelayProcess relay, int port) => relay.Address.Replace($":{relay.Port}", $":{port}", StringComparison.Ordinal);

    // The relay counts the content's bytes that it took or gave, without the tree's; the device counts all that moved.
    private async Task AssertMovesTheRestOnlyAsync(string counter, long kept, Func<Task<string>> resumeAsync)
    {
        var first = await Relay.CountedAsync(counter, kept, TestContext.Current.CancellationToken);
        var result = JsonDocument.Parse((await resumeAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1]).RootElement;
        var sealedSize = result.GetProperty("sealedSize").GetInt64();
        var rest = await Relay.CountedAsync(counter, sealedSize, TestContext.Current.CancellationToken) - first;
        TestContext.Current.SendDiagnosticMessage("{0}: {1} before the kill, of which {2} were kept, and {3} after it, of {4}", counter, first, kept, rest, sealedSize);
        Assert.InRange(kept, KillAtBytes, ContentBytes);
        Assert.InRange(first, kept, kept + InFlightMax);
        Assert.InRange(rest, sealedSize - kept, sealedSize - kept + AgainMax);
        Assert.InRange(result.GetProperty("moved").GetInt64(), rest, rest + (rest / 100) + AgainMax);
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
