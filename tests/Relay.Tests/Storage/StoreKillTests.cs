using System.Diagnostics;
using System.Globalization;
using Xunit;
using ZeroK.Storage.Sqlite;

namespace ZeroK.Relay.Tests.Storage;

/// <summary>A process that writes to the store is killed, without a chance to close anything, again and again on the same data.</summary>
public sealed class StoreKillTests
{
    private const int Rounds = 10;
    private const int Seed = 20_480;

    [Fact]
    public async Task Acknowledged_appends_outlive_kill_minus_nine()
    {
        using var directory = new TempDirectory();
        var random = new Random(Seed);
        var acknowledged = new HashSet<(int Group, ulong Cursor)>();
        for (var round = 0; round < Rounds; round++)
        {
            var lines = random.Next(1, 400);
            foreach (var append in await WriteUntilKilledAsync(directory.Path, lines))
                Assert.True(acknowledged.Add(append), $"Seed {Seed}, round {round}: cursor {append.Cursor} was acknowledged twice.");
            await CheckAsync(directory.Path, acknowledged, $"Seed {Seed}, round {round}, killed after {lines} lines");
        }
    }

    private static async Task<List<(int Group, ulong Cursor)>> WriteUntilKilledAsync(string directory, int lines)
    {
        var program = Environment.ProcessPath!;
        var isHost = Path.GetFileNameWithoutExtension(program) == "dotnet";
        string[] arguments = [.. isHost ? [typeof(StoreWriter).Assembly.Location] : Array.Empty<string>(), StoreWriter.Verb, directory];
        using var child = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        var printed = new List<(int, ulong)>();
        try
        {
            // What the child had printed when it died counts too: read to the end.
            while (await child.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
            {
                var words = line.Split(' ');
                printed.Add((int.Parse(words[0], CultureInfo.InvariantCulture), ulong.Parse(words[1], CultureInfo.InvariantCulture)));
                if (printed.Count == lines) child.Kill();
            }
        }
        finally
        {
            if (!child.HasExited) child.Kill();
        }

        await child.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.NotEqual(0, child.ExitCode);
        Assert.True(printed.Count >= lines, "The child lived until it was killed.");
        return printed;
    }

    private static async Task CheckAsync(string directory, HashSet<(int Group, ulong Cursor)> acknowledged, string when)
    {
        using var store = SqliteGroupStore.Open(new SqliteStoreOptions { DataDirectory = directory });
        for (var group = 0; group < StoreWriter.Groups; group++)
        {
            var highest = acknowledged.Where(a => a.Group == group).Select(a => a.Cursor).DefaultIfEmpty().Max();
            var snapshot = await store.TakeOverAsync(StoreWriter.Group(group), TestContext.Current.CancellationToken);
            if (snapshot is null)
            {
                Assert.True(highest == 0, $"{when}: group {group} is gone.");
                continue;
            }

            var last = snapshot.Row.LastCursor.Value;
            Assert.True(last >= highest, $"{when}: group {group} ends at {last}, {highest} was acknowledged.");
            ulong[] all = [.. Enumerable.Range(1, (int)last).Select(c => (ulong)c)];
            Assert.Equal(all, snapshot.Entries.Select(e => e.Cursor.Value));
            Assert.Equal(all.Select(c => StoreWriter.Body(group, c)), await Commits.TextsAsync(store, StoreWriter.Group(group), all));
        }
    }
}
