using System.Text.Json.Nodes;
using Xunit;

namespace ZeroK.Cli.Tests;

/// <summary>Contents that wait for a relay that is not there: on a real device, with the real client.</summary>
public sealed class ContentWaitTests : IDisposable
{
    private const string Relay = "zerok-relay://127.0.0.1:9/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    private readonly CliTestHost _host = new();

    public ContentWaitTests() => _host.Environment["ZEROK_DATA_DIR"] = _host.PathOf("device");

    public void Dispose() => _host.Dispose();

    [Fact]
    public async Task Content_that_waits_is_listed_counted_and_can_be_given_up()
    {
        await GroupAsync();
        var put = await _host.RunAsync("content", "put", Written("late.bin", 300_000), "--no-wait", "--json");
        Assert.Equal((0, "late.bin"), (put.Code, (string?)put.The("content-queued")["name"]));
        await WaitsAsync(1);

        // Waiting for the relay in vain, it stays too.
        var waited = await _host.RunAsync("content", "put", Written("other.bin", 10), "--timeout", "1s", "--json");
        Assert.Equal((int)ExitCode.Unreachable, waited.Code);
        Assert.Contains("2 contents stay queued", (string?)waited.ErrorEvents.Single(e => (string?)e["event"] == "error")["message"], StringComparison.Ordinal);
        await WaitsAsync(2);
        foreach (var (verb, name) in new[] { ("drop", "late.bin"), ("rm", "other.bin") })
        {
            Assert.Equal(name, (string?)(await _host.RunAsync("content", verb, name, "--json")).The("content-dropped")["name"]);
            Assert.Equal((int)ExitCode.Usage, (await _host.RunAsync("content", verb, name)).Code);
        }

        await WaitsAsync(0);
        Assert.Empty(Directory.EnumerateFiles(_host.PathOf("device/content")));
    }

    [Fact]
    public async Task Interrupted_put_is_known_to_the_list()
    {
        await GroupAsync();
        using var stop = new CancellationTokenSource();
        var putting = _host.RunAsync(stop.Token, "content", "put", Written("film.bin", 300_000));
        while ((await ListAsync()).Count == 0) await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, TestContext.Current.CancellationToken);
        await stop.CancelAsync();
        Assert.Equal((int)ExitCode.Interrupted, (await putting).Code);
        await WaitsAsync(1);
    }

    [Fact]
    public async Task Everything_that_a_device_keeps_is_its_owners_alone()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("Windows has no file modes.");
            return;
        }

        await GroupAsync();
        await _host.RunAsync("content", "put", Written("a.bin", 300_000), "--no-wait");
        await _host.RunAsync("push", "text", "--no-wait");
        const UnixFileMode OwnerFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        foreach (var path in Directory.EnumerateFiles(_host.PathOf("device"), "*", SearchOption.AllDirectories)) Assert.Equal((path, OwnerFile), (path, File.GetUnixFileMode(path)));
        foreach (var path in Directory.EnumerateDirectories(_host.PathOf("device"), "*", SearchOption.AllDirectories).Append(_host.PathOf("device"))) Assert.Equal((path, OwnerFile | UnixFileMode.UserExecute), (path, File.GetUnixFileMode(path)));
    }

    private async Task WaitsAsync(int contents)
    {
        var list = await ListAsync();
        Assert.Equal(contents, list.Count);
        Assert.All(list, c => Assert.Equal("waits-to-be-sent", (string?)c["state"]));
        var status = (await _host.RunAsync("status", "--json")).The("status");
        Assert.Equal(contents, (int)status["pendingContents"]!);
        Assert.Equal(list.Sum(c => (long)c["leftBytes"]!), (long)status["pendingContentBytes"]!);
        Assert.Equal(contents > 0, (await _host.RunAsync("status")).Out.Contains("zerok content ls", StringComparison.Ordinal));
    }

    private async Task<IReadOnlyList<JsonObject>> ListAsync() => [.. (await _host.RunAsync("content", "ls", "--json")).Events.Where(e => (string?)e["event"] == "content")];

    private async Task GroupAsync()
    {
        Assert.Equal(0, (await _host.RunAsync("init", "--name", "A")).Code);
        Assert.Equal(0, (await _host.RunAsync("group", "create", "--relay", Relay)).Code);
    }

    private string Written(string name, int bytes)
    {
        File.WriteAllBytes(_host.PathOf(name), new byte[bytes]);
        return _host.PathOf(name);
    }
}
