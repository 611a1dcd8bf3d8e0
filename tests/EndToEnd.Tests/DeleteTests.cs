using System.Text.Json;
using System.Text.Json.Nodes;
using Xunit;

namespace ZeroK.EndToEnd.Tests;

/// <summary>Deleting at a real relay, and the doctor's visit there.</summary>
public sealed class DeleteTests() : TwoDevices("delete")
{
    // The first three are deleted, so the relay trims their stubs; the fifth is deleted in the middle, so its stub stays.
    [Fact]
    public async Task Deleted_blobs_do_not_come_and_nothing_is_called_an_omission_whether_or_not_their_stubs_are_kept()
    {
        await Programs.RunCliAsync(DirA, "", "push", "first");
        await Programs.RunCliAsync(DirB, "", "pull");
        var ids = new List<string>();
        for (var i = 2; i <= 7; i++)
        {
            var pushed = Lines(await Programs.RunCliAsync(DirA, "", "push", $"text {i}"));
            ids.Add(pushed.Single(e => Kind(e) == "pushed").GetProperty("blob").GetString()!);
        }

        await Programs.RunCliAsync(DirA, "", "delete", ids[0], ids[1], ids[2], ids[4]);
        var pulled = Lines(await Programs.RunCliAsync(DirB, "", "pull"));
        Assert.Equal(["text 5", "text 7"], pulled.Where(e => Kind(e) == "received").Select(e => e.GetProperty("text").GetString()));
        Assert.DoesNotContain(pulled, e => Kind(e) is "omission" or "replay" or "chain-broken");
        Assert.Equal((2UL, 4UL, "deleted"), Assert.Single(pulled.Where(e => Kind(e) == "missed").Select(e => (e.GetProperty("firstSequence").GetUInt64(), e.GetProperty("lastSequence").GetUInt64(), e.GetProperty("reason").GetString()!))));
        Assert.Equal(Vector(DirA), Vector(DirB));

        string Vector(string dir) => Lines(Programs.RunCliAsync(dir, "", "status").GetAwaiter().GetResult()).Single().GetProperty("vector").GetString()!;
    }

    [Fact]
    public async Task Doctor_finds_nothing_wrong_where_nothing_is_also_while_a_session_runs()
    {
        await using var session = new DeviceProcess(DirA);
        await session.WaitAsync("ready", 1);
        await session.TellAsync(new JsonObject { ["cmd"] = "push", ["text"] = "x" });
        await session.WaitAsync("durable", 1);
        var checks = Lines(await Programs.RunCliAsync(DirA, "", "doctor"));
        Assert.Equal(0, checks.Single(e => Kind(e) == "done").GetProperty("failed").GetInt32());
        foreach (var name in new[] { "device", "disk", "outbox", "quarantine", "reachable", "identity", "group", "clock", "limits" })
            Assert.Contains(checks, e => Kind(e) == "check" && e.GetProperty("check").GetString() == name && e.GetProperty("verdict").GetString() is "ok" or "warning");

        // The visit changed nothing for the session.
        await session.TellAsync(new JsonObject { ["cmd"] = "push", ["text"] = "y" });
        await session.WaitAsync("durable", 2);
    }

    private static List<JsonElement> Lines(string output) => [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonDocument.Parse(l).RootElement)];

    private static string Kind(JsonElement e) => e.GetProperty("event").GetString()!;
}
