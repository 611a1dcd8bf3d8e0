using System.Security.Cryptography;
using Npgsql;
using Xunit;
using ZeroK.Chaos.Cluster;
using ZeroK.Storage.PostgreSql;
using ZeroK.Wire;

namespace ZeroK.Cluster.Tests;

/// <summary>A large body is durable before its cursor is: relays that are killed in between leave a body without an entry, which is dropped later, and never an entry without its body.</summary>
public sealed class OrphanTests(SharedNodes shared)
{
    private const int BodyBytes = 300_000;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Relays_killed_between_body_and_entry_leave_an_orphan_that_is_dropped_and_no_entry_without_its_body()
    {
        await using var relays = await TestRelays.WithAsync(shared);
        var database = relays.Nodes.Database;
        await using var first = await relays.OpenAsync(0, relays.NewDevice());
        await using var session = await relays.OpenAsync(1, relays.NewDevice());
        var kept = RandomNumberGenerator.GetBytes(BodyBytes);
        Assert.Equal(ErrorCode.None, (await PushAsync(session, 1, kept)).Results[0].Code);
        var before = await CountAsync(database, "SELECT count(*) FROM zerok_bodies");

        // No entry goes in while the test has the table: the body is put, its commit waits.
        await using (var locked = new NpgsqlConnection(database + ";Pooling=false"))
        {
            await locked.OpenAsync(Stop);
            await using var transaction = await locked.BeginTransactionAsync(Stop);
            await ExecuteAsync(locked, "LOCK TABLE zerok_entries IN EXCLUSIVE MODE");
            var late = PushAsync(session, 2, RandomNumberGenerator.GetBytes(BodyBytes));
            await UntilAsync(async () => await CountAsync(database, "SELECT count(*) FROM zerok_bodies") == before + 1);
            await UntilAsync(async () => await CountAsync(database, "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'") > 0);
            Assert.False(late.IsCompleted);
            await relays.Nodes.Relays[1].KillAsync();
            await relays.Nodes.Relays[0].KillAsync();
            await ExecuteAsync(locked, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'");
            await Assert.ThrowsAsync<SessionEndedException>(() => late);
        }

        Assert.Equal(0, await CountAsync(database, "SELECT count(*) FROM zerok_entries e WHERE body_name IS NOT NULL AND NOT EXISTS (SELECT 1 FROM zerok_bodies b WHERE b.name = e.body_name)"));
        Assert.Equal(1, await OrphansAsync(database));
        await using (var store = await PostgreSqlGroupStore.OpenAsync(new PostgreSqlStoreOptions { ConnectionString = database }, TimeProvider.System, Stop))
        {
            Assert.Equal(0, await store.SweepBodiesAsync(store.Bodies, Stop));
            await CountAsync(database, "UPDATE zerok_bodies SET put_at = put_at - interval '2 hours' RETURNING 0");
            Assert.Equal(1, await store.SweepBodiesAsync(store.Bodies, Stop));
        }

        Assert.Equal(0, await OrphansAsync(database));
        foreach (var relay in relays.Nodes.Relays) await relay.StartAsync(Stop);
        Assert.Equal(kept, Assert.Single(await relays.ReadAllAsync(1)).Envelope.ToArray());
    }

    private static Task<PushAck> PushAsync(WireSession session, ulong sequence, byte[] body) =>
        session.RequestAsync<PushAck>(new Push([new PushBlob(BlobId.New(), sequence, body)]), TestRelays.Patience, Stop);

    private static Task<long> OrphansAsync(string database) =>
        CountAsync(database, "SELECT count(*) FROM zerok_bodies b WHERE NOT EXISTS (SELECT 1 FROM zerok_entries e WHERE e.body_name = b.name)");

    private static async Task<long> CountAsync(string database, string sql)
    {
        await using var connection = new NpgsqlConnection(database + ";Pooling=false");
        await connection.OpenAsync(Stop);
        await using var command = new NpgsqlCommand(sql, connection);
        return Convert.ToInt64(await command.ExecuteScalarAsync(Stop), System.Globalization.CultureInfo.InvariantCulture);
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(Stop);
    }

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        var since = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(since) < TestRelays.Patience, "The condition did not come true in time.");
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Stop);
        }
    }
}
