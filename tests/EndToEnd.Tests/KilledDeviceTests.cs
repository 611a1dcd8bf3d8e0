using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using Xunit;

namespace ZeroK.EndToEnd.Tests;

/// <summary>kill -9 of a device at random moments: what was accepted goes out, what came is applied once.</summary>
public sealed class KilledDeviceTests() : TwoDevices("killed")
{
    private const int BlobsEach = 60;
    private const int Kills = 6;
    private readonly Random _random = new(20261123);

    [Fact]
    public async Task Every_blob_that_the_outbox_accepted_arrives_once_and_in_order_though_its_device_is_killed_again_and_again()
    {
        var accepted = new List<(ulong Sequence, string? Hash)>();
        await using var b = new DeviceProcess(DirB);
        await b.WaitAsync("ready", 1);
        for (var i = 0; i <= Kills; i++)
        {
            await using var a = new DeviceProcess(DirA);
            await a.WaitAsync("ready", 1);
            await a.TellAsync(new JsonObject { ["cmd"] = "push", ["random"] = 1500, ["seed"] = 1000 * i, ["count"] = BlobsEach });

            // Killed somewhere between the first answers and the last; disposing kills. The last one lives until all is out.
            if (i < Kills) await a.WaitAsync("pushed", 1 + _random.Next(BlobsEach - 5));
            else await UntilEmptyAsync(a);
            await a.DisposeAsync();
            accepted.AddRange(a.Events("pushed").Select(Content));
        }

        // A blob whose answer was lost by the kill may be there too: never a hole, never two at one place.
        var last = accepted[^1].Sequence;
        var received = (await b.WaitAsync("received", (int)last)).Select(Content).ToList();
        Assert.Equal(Enumerable.Range(1, (int)last).Select(n => (ulong)n), received.Select(r => r.Sequence));
        Assert.True(accepted.Count >= Kills + BlobsEach);
        foreach (var blob in accepted) Assert.Equal(blob, received[(int)blob.Sequence - 1]);
    }

    [Fact]
    public async Task Blobs_are_applied_to_the_apps_database_once_and_in_order_though_the_app_is_killed_again_and_again()
    {
        var database = Path.Combine(Root, "app.db");
        await using var a = new DeviceProcess(DirA);
        await a.WaitAsync("ready", 1);
        for (var i = 0; i < Kills; i++)
        {
            using var app = Programs.Start(Programs.OwnDatabase, [DirB, database]);
            await app.StandardOutput.ReadLineAsync();
            await a.TellAsync(new JsonObject { ["cmd"] = "push", ["text"] = "note", ["count"] = BlobsEach });

            // Each of this round's blobs makes a line at least once: one of them is the moment.
            for (var lines = _random.Next(1, BlobsEach); lines > 0; lines--) Assert.NotNull(await app.StandardOutput.ReadLineAsync());
            app.Kill();
            await app.WaitForExitAsync();
        }

        const int Blobs = Kills * BlobsEach;
        using (var last = Programs.Start(Programs.OwnDatabase, [DirB, database]))
        {
            using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(2), TimeProvider.System);
            while (Count(database) < Blobs) await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, patience.Token);
            last.Kill();
            await last.WaitForExitAsync();
        }

        using var connection = Open(database);
        using var query = connection.CreateCommand();
        query.CommandText = "SELECT sequence FROM note ORDER BY number";
        using var reader = query.ExecuteReader();
        var sequences = new List<long>();
        while (reader.Read()) sequences.Add(reader.GetInt64(0));
        Assert.Equal(Enumerable.Range(1, Blobs).Select(n => (long)n), sequences);
    }

    [Fact]
    public async Task A_row_and_its_push_are_one_though_the_app_is_killed_again_and_again()
    {
        var database = Path.Combine(Root, "app.db");
        await using var a = new DeviceProcess(DirA);
        await a.WaitAsync("ready", 1);
        for (var i = 0; i < Kills; i++)
        {
            using var app = Programs.Start(Programs.OwnDatabase, [DirB, database]);
            await app.StandardOutput.ReadLineAsync();
            for (var line = 0; line < BlobsEach; line++) await app.StandardInput.WriteLineAsync($"{i}-{line}");
            await app.StandardInput.FlushAsync();
            for (var lines = _random.Next(1, BlobsEach); lines > 0; lines--) Assert.NotNull(await app.StandardOutput.ReadLineAsync());
            app.Kill();
            await app.WaitForExitAsync();
        }

        var rows = Texts(database);
        Assert.True(rows.Count >= Kills, "Too few rows were written: the kills came before anything happened.");
        List<string?> received;
        using (var last = Programs.Start(Programs.OwnDatabase, [DirB, database]))
        {
            received = [.. (await a.WaitAsync("received", rows.Count)).Select(e => e.GetProperty("sha256").GetString())];

            // One more, to see that nothing comes twice behind them.
            await last.StandardInput.WriteLineAsync("last");
            await last.StandardInput.FlushAsync();
            received = [.. (await a.WaitAsync("received", rows.Count + 1)).Select(e => e.GetProperty("sha256").GetString())];
            last.Kill();
            await last.WaitForExitAsync();
        }

        Assert.Equal([.. rows.Append("last").Select(r => Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(r))))], received);
    }

    private static List<string> Texts(string database)
    {
        using var connection = Open(database);
        using var query = connection.CreateCommand();
        query.CommandText = "SELECT text FROM own ORDER BY number";
        using var reader = query.ExecuteReader();
        var texts = new List<string>();
        while (reader.Read()) texts.Add(reader.GetString(0));
        return texts;
    }

    private static (ulong Sequence, string? Hash) Content(JsonElement e) => (e.GetProperty("sequence").GetUInt64(), e.GetProperty("sha256").GetString());

    private static async Task UntilEmptyAsync(DeviceProcess device)
    {
        await device.WaitAsync("pushed", BlobsEach);
        await device.TellAsync(new JsonObject { ["cmd"] = "flush" });
        await device.WaitAsync("flushed", 1);
    }

    private static int Count(string database)
    {
        if (!File.Exists(database)) return 0;
        using var connection = Open(database);
        using var query = connection.CreateCommand();
        query.CommandText = "SELECT count(*) FROM sqlite_master WHERE name = 'note'";
        if ((long)query.ExecuteScalar()! == 0) return 0;
        query.CommandText = "SELECT count(*) FROM note";
        return (int)(long)query.ExecuteScalar()!;
    }

    private static Microsoft.Data.Sqlite.SqliteConnection Open(string database)
    {
        var connection = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={database};Pooling=False;Default Timeout=30");
        connection.Open();
        return connection;
    }
}
