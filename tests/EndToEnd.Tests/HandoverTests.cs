using System.Text.Json;
using Xunit;

namespace ZeroK.EndToEnd.Tests;

/// <summary>Several commands at once on one device, as processes.</summary>
public sealed class HandoverTests() : TwoDevices("handover")
{
    [Fact]
    public async Task Commands_work_while_another_holds_the_device_and_what_they_were_answered_survives_its_kill()
    {
        await using var holder = new DeviceProcess(DirA);
        await holder.WaitAsync("ready", 1);
        var pushes = await Task.WhenAll(Enumerable.Range(0, 4).Select(i => Programs.RunCliAsync(DirA, "", "push", $"text {i}")));
        Assert.Equal([1UL, 2UL, 3UL, 4UL], pushes.SelectMany(p => Of(p, "pushed")).Select(e => e.GetProperty("sequence").GetUInt64()).Order());
        Assert.Single(Of(await Programs.RunCliAsync(DirA, "", "devices"), "device"), d => d.GetProperty("isThisDevice").GetBoolean());
        var file = Path.Combine(Root, "file");
        await File.WriteAllBytesAsync(file, new byte[3_000_000]);
        Assert.Single(Of(await Programs.RunCliAsync(DirA, "", "content", "put", file), "content-put"));

        // The relay goes, a push is accepted and can't be durable; then the holder is killed before it can answer that.
        await Relay.KillAsync();
        using var waiting = Programs.Start(Programs.Cli, ["push", "last", "--data-dir", DirA, "--json", "--timeout", "0"]);
        var errors = waiting.StandardError.ReadToEndAsync();
        string? line;
        do line = await waiting.StandardOutput.ReadLineAsync();
        while (line is not null && !line.Contains("\"pushed\"", StringComparison.Ordinal));
        Assert.NotNull(line);
        await holder.DisposeAsync();
        await waiting.WaitForExitAsync();
        Assert.Equal(1, waiting.ExitCode);
        Assert.Contains("ended before it had answered", await errors, StringComparison.Ordinal);
        Assert.Single(Of(await Programs.RunCliAsync(DirA, "", "outbox"), "queued"));

        await Relay.StartAsync();
        await Programs.RunCliAsync(DirA, "", "push", "after");
        var received = Of(await Programs.RunCliAsync(DirB, "", "pull"), "received");
        Assert.Equal(["text 0", "text 1", "text 2", "text 3", "last", "after"], received.Where(e => !e.TryGetProperty("content", out _)).Select(e => e.GetProperty("text").GetString()).Order(Comparer<string?>.Create(ByWhen)));
    }

    // The four at once have no order among them; the two behind them have.
    private static int ByWhen(string? a, string? b) => (a!.StartsWith("text", StringComparison.Ordinal), b!.StartsWith("text", StringComparison.Ordinal)) switch
    {
        (true, true) => string.CompareOrdinal(a, b),
        (true, false) => -1,
        (false, true) => 1,
        _ => 0,
    };

    private static List<JsonElement> Of(string output, string name) =>
        [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonDocument.Parse(l).RootElement).Where(e => e.GetProperty("event").GetString() == name)];
}
