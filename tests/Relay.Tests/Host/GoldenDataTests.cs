using Microsoft.Data.Sqlite;
using Npgsql;
using Xunit;
using ZeroK.Content;
using ZeroK.Relay.Tests.Storage;
using ZeroK.Storage.Content;
using ZeroK.Storage.Content.Files;
using ZeroK.Storage.PostgreSql;

namespace ZeroK.Relay.Tests.Host;

/// <summary>What earlier relays wrote beside the groups (those have golden files of their own): the identity, and the index of contents, in a file and in the cluster's database.</summary>
public sealed class GoldenDataTests(PostgreSqlFixture server)
{
    // The first 25 bytes of the fingerprint that clients pin.
    private const string Fingerprint = "75e0fa767eba48a5bdc678a6672aef066a493e0c5150fecb3b";

    private static readonly Guid Group = new("00112233-4455-6677-8899-aabbccddeeff");

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public void Identity_of_an_earlier_relay_is_read()
    {
        using var directory = new TempDirectory();
        MakeIdentity(directory);
        using var identity = RelayIdentity.LoadOrCreate(directory.Path);
        Assert.StartsWith(Fingerprint, Convert.ToHexStringLower(identity.Public.Fingerprint()), StringComparison.Ordinal);
    }

    [Fact]
    public void Identity_of_a_newer_relay_is_refused_and_left_alone()
    {
        using var directory = new TempDirectory();
        var path = MakeIdentity(directory);
        Run(path, "UPDATE identity SET version = 2");
        var refused = Assert.Throws<DataDirectoryException>(() => RelayIdentity.LoadOrCreate(directory.Path));
        Assert.Contains("newer relay", refused.Message, StringComparison.Ordinal);
        Run(path, "UPDATE identity SET version = 1");
        using var identity = RelayIdentity.LoadOrCreate(directory.Path);
        Assert.StartsWith(Fingerprint, Convert.ToHexStringLower(identity.Public.Fingerprint()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Index_of_contents_of_an_earlier_relay_is_read()
    {
        using var directory = new TempDirectory();
        var path = Path.Combine(directory.Path, "content.db");
        Run(path, Golden("content1.sql"));
        using var index = SqliteContentIndex.Open(path);
        await HoldsAsync(index);
    }

    [Fact]
    public async Task Index_of_contents_of_an_earlier_cluster_is_read_after_migration()
    {
        var database = await server.NewDatabaseAsync();
        await using (var connection = new NpgsqlConnection(database + ";Pooling=false"))
        {
            await connection.OpenAsync(Stop);
            foreach (var script in (string[])[await PostgreSqlGoldenTests.ScriptAsync("postgres2"), Golden("content-postgres2.sql")])
            {
                await using var command = new NpgsqlCommand(script, connection);
                await command.ExecuteNonQueryAsync(Stop);
            }
        }

        await using var store = await PostgreSqlGroupStore.OpenAsync(new PostgreSqlStoreOptions { ConnectionString = database }, TimeProvider.System, Stop);
        await HoldsAsync(store.Contents);
    }

    private static async Task HoldsAsync(IContentIndex index)
    {
        Assert.Equal(new ContentRow(20_000, true, 1000, 7), await index.FindAsync(KeyOf(1), Stop));
        Assert.Equal(new ContentRow(30_000, false, 2000, 8), await index.FindAsync(KeyOf(2), Stop));
        Assert.Equal([KeyOf(3) with { Generation = 9 }], await index.FindDroppedAsync(10, Stop));
        var device = Enumerable.Repeat((byte)9, 32).ToArray();
        Assert.Equal(KeyOf(1) with { Generation = 7 }, await index.ReleaseAsync(KeyOf(1), device, Stop));
    }

    private static ContentKey KeyOf(byte hash) => new(Group, new ContentHash([.. Enumerable.Repeat(hash, 32)]));

    private static string MakeIdentity(TempDirectory directory)
    {
        var path = Path.Combine(directory.Path, RelayIdentity.FileName);
        DataDirectory.CreateFile(path);
        Run(path, Golden("identity1.sql"));
        return path;
    }

    private static string Golden(string file) => File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "golden", file));

    private static void Run(string path, string sql)
    {
        using var connection = new SqliteConnection($"Data Source={path};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
