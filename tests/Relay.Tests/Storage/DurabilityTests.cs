using Microsoft.Data.Sqlite;
using Npgsql;
using Xunit;
using ZeroK.Relay.Tests.Content;
using ZeroK.Storage.Content.Files;
using ZeroK.Storage.PostgreSql;
using ZeroK.Storage.Sqlite;

namespace ZeroK.Relay.Tests.Storage;

/// <summary>Acknowledged means on the disk: every connection that writes waits for it, whatever the defaults. A killed process can't show that; the settings can.</summary>
public sealed class DurabilityTests(PostgreSqlFixture server) : IDisposable
{
    private const long Full = 2;

    private readonly TempDirectory _directory = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Each_connection_of_the_group_store_waits_for_the_disk_also_when_opened_again()
    {
        var options = new SqliteStoreOptions { DataDirectory = _directory.Path };
        for (var opened = 0; opened < 2; opened++)
        {
            using var store = SqliteGroupStore.Open(options);
            Assert.Equal(Enumerable.Repeat(Full, 1 + options.ReadConnections), store.Synchronous());
        }
    }

    [Fact]
    public async Task Content_index_waits_for_the_disk_also_when_opened_again()
    {
        for (var opened = 0; opened < 2; opened++)
        {
            using var index = SqliteContentIndex.Open(Path.Combine(_directory.Path, "content.db"));
            Assert.Equal(Full, await index.SynchronousAsync());
        }
    }

    [Fact]
    public void Identity_waits_for_the_disk_also_when_opened_again()
    {
        for (var opened = 0; opened < 2; opened++)
        {
            using var connection = RelayIdentity.Open(Path.Combine(_directory.Path, RelayIdentity.FileName));
            using var command = new SqliteCommand("PRAGMA synchronous", connection);
            Assert.Equal(Full, command.ExecuteScalar());
        }
    }

    // More connections at once than one: each session gets the settings, not only the first.
    [Fact]
    public async Task Each_session_of_the_database_waits_for_its_disk_though_the_servers_default_is_not_to()
    {
        var database = await server.NewDatabaseAsync();
        var name = new NpgsqlConnectionStringBuilder(database).Database;
        await NamedBodies.RunAsync(database, $"ALTER DATABASE \"{name}\" SET synchronous_commit = off");
        await using var store = await PostgreSqlGroupStore.OpenAsync(new PostgreSqlStoreOptions { ConnectionString = database }, TimeProvider.System, Stop);
        var sessions = new List<NpgsqlConnection>();
        for (var i = 0; i < 4; i++) sessions.Add(await store.Source.OpenConnectionAsync(Stop));
        foreach (var session in sessions)
        {
            await using var command = new NpgsqlCommand("SHOW synchronous_commit", session);
            Assert.Equal("on", await command.ExecuteScalarAsync(Stop));
            await session.DisposeAsync();
        }
    }
}
