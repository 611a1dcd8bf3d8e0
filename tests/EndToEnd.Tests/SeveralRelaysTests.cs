using System.Text.Json;
using System.Text.Json.Nodes;
using Xunit;

namespace ZeroK.EndToEnd.Tests;

/// <summary>A group with two or three real relays, which are killed, or flap, or answer late.</summary>
public sealed class SeveralRelaysTests : IAsyncLifetime
{
    private const int Blobs = 120;
    private readonly string _root = Directory.CreateTempSubdirectory("zerok-relays-").FullName;
    private readonly List<RelayProcess> _relays = [];
    private readonly List<DeviceProcess> _devices = [];

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        foreach (var device in _devices) await device.DisposeAsync();
        foreach (var relay in _relays) await relay.DisposeAsync();
        Directory.Delete(_root, recursive: true);
    }

    [Fact]
    public async Task Primary_killed_during_a_push_loses_nothing_and_gets_the_rest_when_it_is_back()
    {
        var (a, b) = await StartAsync(relays: 2);
        await PushAsync(a, Blobs);
        await a.WaitAsync("durable", Blobs / 4);
        await _relays[0].KillAsync();
        await a.WaitAsync("durable", Blobs);
        await AssertSameAsync(a, b, Blobs);
        await a.WaitAsync("primary-changed", 1);

        await _relays[0].StartAsync();
        await DeliveredAsync(a, relay: 0, Blobs);
        await DeliveredAsync(a, relay: 1, Blobs);
        AssertNoProblem(a, b);
    }

    [Fact]
    public async Task Secondary_killed_changes_nothing_and_gets_the_rest_when_it_is_back()
    {
        var (a, b) = await StartAsync(relays: 2);
        await PushAsync(a, Blobs / 2);
        await a.WaitAsync("durable", Blobs / 4);
        await _relays[1].KillAsync();
        await PushAsync(a, Blobs / 2);
        await a.WaitAsync("durable", Blobs);
        await AssertSameAsync(a, b, Blobs);

        await _relays[1].StartAsync();
        await DeliveredAsync(a, relay: 1, Blobs);
        AssertNoProblem(a, b);
    }

    [Fact]
    public async Task All_killed_is_a_clear_offline_status_and_everything_comes_after()
    {
        var (a, b) = await StartAsync(relays: 3);
        await PushAsync(a, Blobs / 2);
        await a.WaitAsync("durable", Blobs / 2);
        foreach (var relay in _relays) await relay.KillAsync();
        await PushAsync(a, Blobs / 2);
        await a.WaitAsync("pushed", Blobs);
        await UntilAsync(a, s => !s.GetProperty("online").GetBoolean() && s.GetProperty("openProblems").EnumerateArray().Any(p => p.GetString()!.Contains("No relay", StringComparison.Ordinal)));
        await Task.WhenAll(_relays.Select(r => r.StartAsync()));
        await a.WaitAsync("durable", Blobs);
        await AssertSameAsync(a, b, Blobs);
        for (var i = 0; i < 3; i++) await DeliveredAsync(a, i, Blobs);
        AssertNoProblem(a, b);
    }

    [Fact]
    public async Task Flapping_relay_makes_no_hole_and_no_second_copy()
    {
        var (a, b) = await StartAsync(relays: 2);
        for (var i = 0; i < 4; i++)
        {
            await PushAsync(a, Blobs / 4);
            await _relays[0].KillAsync();
            await a.WaitAsync("durable", (i + 1) * (Blobs / 4));
            await _relays[0].StartAsync();
            await ConnectedAsync(a, relay: 0);
        }

        await AssertSameAsync(a, b, Blobs);
        for (var i = 0; i < 2; i++) await DeliveredAsync(a, i, Blobs);
        AssertNoProblem(a, b);
    }

    [Fact]
    public async Task Only_relay_killed_again_and_again_is_reconnected_to()
    {
        var (a, b) = await StartAsync(relays: 1);
        for (var i = 0; i < 3; i++)
        {
            await PushAsync(a, Blobs / 3);
            await _relays[0].KillAsync();
            await _relays[0].StartAsync();
        }

        await a.WaitAsync("durable", Blobs);
        await AssertSameAsync(a, b, Blobs);
        AssertNoProblem(a, b);
    }

    [Fact]
    public async Task Primary_with_5_s_latency_is_waited_for_while_the_other_has_everything_at_once()
    {
        for (var i = 0; i < 2; i++) _relays.Add(new RelayProcess(Path.Combine(_root, $"relay{i}")));
        await Task.WhenAll(_relays.Select(r => r.StartAsync()));
        await using var slow = new SlowLink(_relays[0].Port);
        var (a, b) = await StartDevicesAsync([_relays[0].Address.Replace($":{_relays[0].Port}", $":{slow.Port}", StringComparison.Ordinal), _relays[1].Address]);
        await ConnectedAsync(a, relay: 0);
        slow.Delay = TimeSpan.FromSeconds(2.5);
        var began = TimeProvider.System.GetTimestamp();
        await PushAsync(a, 20);
        await DeliveredAsync(a, relay: 1, 20);
        await a.WaitAsync("durable", 20);
        Assert.True(TimeProvider.System.GetElapsedTime(began) >= TimeSpan.FromSeconds(4.9), "The primary's acknowledgement was not waited for.");
        await AssertSameAsync(a, b, 20);
        AssertNoProblem(a, b);
    }

    // One identity at two listening addresses, as a cluster or a balancer has them.
    [Fact]
    public async Task Relay_with_two_addresses_loses_one_in_the_middle_and_push_and_pull_go_on_at_the_other()
    {
        var relay = new RelayProcess(Path.Combine(_root, "relay"));
        _relays.Add(relay);
        await relay.StartAsync();
        await using SlowLink one = new(relay.Port), two = new(relay.Port);
        var (a, b) = await StartDevicesAsync([.. new[] { one, two }.Select(l => relay.Address.Replace($":{relay.Port}", $":{l.Port}", StringComparison.Ordinal))]);
        await ConnectedAsync(a, relay: 0);
        await PushAsync(a, Blobs / 2);
        await a.WaitAsync("durable", Blobs / 4);
        await one.DisposeAsync();
        await PushAsync(a, Blobs / 2);
        await a.WaitAsync("durable", Blobs);
        await AssertSameAsync(a, b, Blobs);
        var status = Assert.Single((await a.StatusAsync()).GetProperty("perRelay").EnumerateArray());
        Assert.Equal($"127.0.0.1:{two.Port}", status.GetProperty("connectedTo").GetString());
        AssertNoProblem(a, b);
    }

    private async Task<(DeviceProcess A, DeviceProcess B)> StartAsync(int relays)
    {
        for (var i = 0; i < relays; i++) _relays.Add(new RelayProcess(Path.Combine(_root, $"relay{i}")));
        await Task.WhenAll(_relays.Select(r => r.StartAsync()));
        var devices = await StartDevicesAsync([.. _relays.Select(r => r.Address)]);

        // Warm: every session is live before the fault.
        for (var i = 0; i < relays; i++)
        {
            await ConnectedAsync(devices.A, i);
            await ConnectedAsync(devices.B, i);
        }

        return devices;
    }

    private async Task<(DeviceProcess A, DeviceProcess B)> StartDevicesAsync(string[] addresses)
    {
        var (dirA, dirB) = (Path.Combine(_root, "a"), Path.Combine(_root, "b"));
        await Programs.RunCliAsync(dirA, "", "init", "--name", "a");
        await Programs.RunCliAsync(dirB, "", "init", "--name", "b");
        await Programs.RunCliAsync(dirA, "", ["group", "create", .. addresses.SelectMany(a => new[] { "--relay", a })]);
        var link = JsonDocument.Parse(await Programs.RunCliAsync(dirA, "", "invite")).RootElement.GetProperty("link").GetString()!;
        await Programs.RunCliAsync(dirB, link + "\n", "group", "join");
        _devices.AddRange([new DeviceProcess(dirA), new DeviceProcess(dirB)]);
        foreach (var device in _devices) await device.WaitAsync("ready", 1);
        return (_devices[0], _devices[1]);
    }

    private static async Task PushAsync(DeviceProcess device, int count) =>
        await device.TellAsync(new JsonObject { ["cmd"] = "push", ["random"] = 2000, ["seed"] = device.Events("pushed").Count, ["count"] = count });

    private static Task ConnectedAsync(DeviceProcess device, int relay) => UntilAsync(device, s => s.GetProperty("perRelay")[relay].GetProperty("connectedAt").ValueKind == JsonValueKind.String);

    private static Task DeliveredAsync(DeviceProcess device, int relay, int sequence) => UntilAsync(device, s => s.GetProperty("perRelay")[relay].GetProperty("deliveredSequence").GetUInt64() == (ulong)sequence);

    private static async Task UntilAsync(DeviceProcess device, Func<JsonElement, bool> condition)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(2), TimeProvider.System);
        while (await device.StatusAsync() is var status && !condition(status))
        {
            Assert.False(patience.IsCancellationRequested, "Not within 2 min: " + status.GetRawText());
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        }
    }

    // The lists are equal: each once, in order, the same bytes.
    private static async Task AssertSameAsync(DeviceProcess from, DeviceProcess to, int count)
    {
        var pushed = await from.WaitAsync("pushed", count);
        var received = await to.WaitAsync("received", count);
        Assert.Equal(pushed.Select(Content), received.Select(Content));

        static (ulong, string?) Content(JsonElement e) => (e.GetProperty("sequence").GetUInt64(), e.GetProperty("sha256").GetString());
    }

    private static void AssertNoProblem(params DeviceProcess[] devices)
    {
        foreach (var device in devices)
            foreach (var kind in new[] { "omission", "replay", "chain-broken", "missed", "reordered", "rollback", "relay-reset", "expired", "relay-misbehaved" })
                Assert.Empty(device.Events(kind));
    }
}
