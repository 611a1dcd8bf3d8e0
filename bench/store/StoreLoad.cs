using System.Diagnostics;
using System.Security.Cryptography;
using ZeroK.Grains.Storage;
using ZeroK.Storage.Sqlite;
using ZeroK.Wire;

namespace ZeroK.Bench.Store;

/// <summary>64 writers, each with its own group and one append in flight.</summary>
internal static class StoreLoad
{
    public const int Writers = 64;
    public const int BodyBytes = 1024;

    public static async Task<Measured> RunAsync(string directory, TimeSpan duration)
    {
        using var store = SqliteGroupStore.Open(new SqliteStoreOptions { DataDirectory = directory });
        var groups = Enumerable.Range(0, Writers).Select(_ => Guid.NewGuid()).ToArray();
        var row = new GroupRow(new byte[16], new byte[32], Cursor.Zero, new Cursor(1), Cursor.Zero);
        foreach (var group in groups) await store.CommitAsync(new GroupCommit(group, 0, Cursor.Zero, row, [], [], []), CancellationToken.None);

        var cpu = Environment.CpuUsage.TotalTime;
        var clock = Stopwatch.StartNew();
        var latencies = await Task.WhenAll(groups.Select(g => Task.Run(() => WriteAsync(store, g, row, clock, duration))));
        var seconds = clock.Elapsed.TotalSeconds;
        var used = Environment.CpuUsage.TotalTime - cpu;
        var all = latencies.SelectMany(l => l).Order().ToArray();
        return new Measured(all.Length, seconds, all[all.Length / 2], all[(int)(all.Length * 0.99)], used.TotalMicroseconds / all.Length, Writers);
    }

    private static async Task<List<double>> WriteAsync(SqliteGroupStore store, Guid group, GroupRow row, Stopwatch clock, TimeSpan duration)
    {
        var latencies = new List<double>();
        var sender = new DeviceId(RandomNumberGenerator.GetBytes(32));
        var body = RandomNumberGenerator.GetBytes(BodyBytes);
        for (ulong last = 0; clock.Elapsed < duration; last++)
        {
            var start = clock.Elapsed;
            var cursor = new Cursor(last + 1);
            var append = new Append(cursor, sender, last + 1, BlobId.New(), last, body);
            if (!await store.CommitAsync(new GroupCommit(group, 1, new Cursor(last), row with { LastCursor = cursor }, [append], [], []), CancellationToken.None))
                throw new InvalidOperationException("The store fenced the only writer of a group.");
            latencies.Add((clock.Elapsed - start).TotalMilliseconds);
        }

        return latencies;
    }
}
