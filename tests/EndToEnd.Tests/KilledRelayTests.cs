using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Xunit;

namespace ZeroK.EndToEnd.Tests;

/// <summary>The main promise with real programs: two devices, one relay, kill -9 in the middle.</summary>
public sealed class KilledRelayTests
{
    private const int BlobsEach = 250;
    private const int PayloadBytesMax = 1024 * 1024;
    private const int Seed = 20261123;

    [Fact]
    public async Task Two_devices_hold_the_same_after_the_relay_was_killed_in_the_middle()
    {
        var root = Directory.CreateTempSubdirectory("zerok-e2e-").FullName;
        try
        {
            await RunAsync(root);
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    private static async Task RunAsync(string root)
    {
        var (relayDir, dirA, dirB) = (Path.Combine(root, "relay"), Path.Combine(root, "a"), Path.Combine(root, "b"));
        var leaks = new Leaks();
        await using var relay = new RelayProcess(relayDir);
        await relay.StartAsync();
        await SetUpAsync(relay, dirA, dirB, leaks);
        await using var a = new DeviceProcess(dirA);
        await using var b = new DeviceProcess(dirB);

        // Warm: both are connected before the load, so that sessions are live when the fault hits.
        await a.WaitAsync("ready", 1);
        await b.WaitAsync("ready", 1);
        var pushing = Task.WhenAll(PushAllAsync(a, "a", leaks), PushAllAsync(b, "b", leaks));
        await a.WaitAsync("durable", BlobsEach / 3);
        var durableAtKill = a.Events("durable").Count + b.Events("durable").Count;
        await relay.KillAsync();
        await relay.StartAsync();
        await pushing;
        Assert.True(durableAtKill < 2 * BlobsEach, "The relay was killed after all was done: the test proved nothing.");

        await AssertSameAsync(a, b);
        await AssertSameAsync(b, a);
        AssertCursors(a, b);
        Assert.Equal((await a.StatusAsync()).GetProperty("vector").GetString(), (await b.StatusAsync()).GetProperty("vector").GetString());

        // The relay's lock keeps others out of its files while it runs.
        await relay.KillAsync();
        Assert.Empty(leaks.FindIn(relayDir, relay.Log));
    }

    private static async Task SetUpAsync(RelayProcess relay, string dirA, string dirB, Leaks leaks)
    {
        await Programs.RunCliAsync(dirA, "", "init", "--name", "device a of the test");
        await Programs.RunCliAsync(dirB, "", "init", "--name", "device b of the test");
        leaks.Add("a device's name", Encoding.UTF8.GetBytes("device a of the test"));
        await Programs.RunCliAsync(dirA, "", "group", "create", "--relay", relay.Address);
        var link = JsonDocument.Parse(await Programs.RunCliAsync(dirA, "", "invite")).RootElement.GetProperty("link").GetString()!;
        await Programs.RunCliAsync(dirB, link + "\n", "group", "join");

        // The link holds the group's secret; whatever part of it that is, no 16 bytes of the link may be on the relay.
        var invite = Base64Url.DecodeFromChars(link.AsSpan(link.LastIndexOf('/') + 1));
        for (var at = 0; at + 16 <= invite.Length; at += 8) leaks.Add(string.Create(CultureInfo.InvariantCulture, $"bytes {at} to {at + 15} of the invite"), invite[at..(at + 16)]);
    }

    private static async Task PushAllAsync(DeviceProcess device, string name, Leaks leaks)
    {
        var random = new Random(Seed + name[0]);
        var marker = RandomNumberGenerator.GetBytes(24);
        leaks.Add($"the plaintext's marker of {name}", marker);
        for (var i = 0; i < BlobsEach; i++)
        {
            var payload = new byte[SizeOf(i, random)];
            random.NextBytes(payload);
            if (payload.Length >= marker.Length) marker.CopyTo(payload, payload.Length - marker.Length);
            var label = $"folder-of-{name}/secret-name-{i:000}.txt";
            if (i == 0) leaks.Add($"a file name of {name}", Encoding.UTF8.GetBytes(label[..^7]));
            await device.TellAsync(new JsonObject { ["cmd"] = "push", ["base64"] = Convert.ToBase64String(payload), ["label"] = label });
        }
    }

    // The two ends exactly, and in between mostly small ones: sizes spread evenly over their logarithm.
    private static int SizeOf(int i, Random random) => i switch
    {
        0 => 0,
        1 => PayloadBytesMax,
        _ => (int)Math.Pow(2, random.NextDouble() * 20) - 1,
    };

    private static async Task AssertSameAsync(DeviceProcess from, DeviceProcess to)
    {
        var pushed = (await from.WaitAsync("pushed", BlobsEach)).Select(Content).ToList();
        var durable = await from.WaitAsync("durable", BlobsEach);
        var received = (await to.WaitAsync("received", BlobsEach)).Select(Content).ToList();
        Assert.Equal(BlobsEach, durable.Select(e => e.GetProperty("sequence").GetUInt64()).Distinct().Count());

        // In order, each once, the same bytes under the same label: the lists are equal.
        Assert.Equal(pushed, received);
    }

    private static (ulong Sequence, string? Label, int Size, string? Sha256) Content(JsonElement e) =>
        (e.GetProperty("sequence").GetUInt64(), e.GetProperty("label").GetString(), e.GetProperty("size").GetInt32(), e.GetProperty("sha256").GetString());

    private static void AssertCursors(DeviceProcess a, DeviceProcess b)
    {
        var acknowledged = a.Events("durable").Concat(b.Events("durable")).Select(e => e.GetProperty("cursor").GetUInt64()).Where(c => c != 0).ToList();
        Assert.Equal(acknowledged.Count, acknowledged.Distinct().Count());
        foreach (var (from, to) in new[] { (a, b), (b, a) })
        {
            var received = to.Events("received").ToDictionary(e => e.GetProperty("sequence").GetUInt64(), e => e.GetProperty("cursor").GetUInt64());
            Assert.Equal(received.Values, received.Values.Order());
            foreach (var durable in from.Events("durable").Where(e => e.GetProperty("cursor").GetUInt64() != 0))
                Assert.Equal(durable.GetProperty("cursor").GetUInt64(), received[durable.GetProperty("sequence").GetUInt64()]);
        }
    }
}
