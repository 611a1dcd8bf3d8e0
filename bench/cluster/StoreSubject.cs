using System.Diagnostics;
using System.Security.Cryptography;
using ZeroK.Grains.Storage;
using ZeroK.Postgres;
using ZeroK.Storage.PostgreSql;
using ZeroK.Wire;

namespace ZeroK.Bench.Cluster;

/// <summary>The store alone, in this process: what is left of a push without gateway and grain.</summary>
internal static class StoreSubject
{
    public static async Task<Measured> RunAsync(PostgreSqlServer server, int writers, int bytes, TimeSpan time)
    {
        await using var store = await PostgreSqlGroupStore.OpenAsync(new PostgreSqlStoreOptions { ConnectionString = await server.NewDatabaseAsync() }, TimeProvider.System, CancellationToken.None);
        var body = RandomNumberGenerator.GetBytes(bytes);
        var workers = new List<Func<Task>>();
        for (var i = 0; i < writers; i++)
        {
            var (group, last, row) = (Guid.NewGuid(), 0UL, new GroupRow(new byte[16], new byte[32], Cursor.Zero, new Cursor(1), Cursor.Zero));
            var sender = new DeviceId(RandomNumberGenerator.GetBytes(32));
            await store.CommitAsync(new GroupCommit(group, 0, Cursor.Zero, row, [], [], []), CancellationToken.None);
            workers.Add(async () =>
            {
                var next = new Cursor(last + 1);
                var device = new DeviceRow(sender, [], 1, 1, Cursor.Zero, 1, next.Value, BlobId.New(), false);
                if (!await store.CommitAsync(new GroupCommit(group, 1, new Cursor(last), row with { LastCursor = next }, [new Append(next, sender, next.Value, BlobId.New(), 1, body)], [device], []), CancellationToken.None))
                    throw new InvalidOperationException("The only owner was fenced.");
                last++;
            });
        }

        return await Load.RunAsync(
            FormattableString.Invariant($"the store alone, {writers} writers"), workers, time,
            () => [("this process", Process.GetCurrentProcess().TotalProcessorTime), ("PostgreSQL", ProcessorTime.OfTree(server.ProcessId))]);
    }
}
