using System.Diagnostics;
using System.IO.Compression;
using System.Text;
using Npgsql;
using Xunit;
using ZeroK.Grains.Storage;
using ZeroK.Storage.PostgreSql;

namespace ZeroK.Relay.Tests.Storage;

/// <summary>Databases that earlier relays wrote, one for each schema, open today with what they held.</summary>
/// <remarks>golden/postgresN.sql.gz is the database as pg_dump writes it, golden/postgresN.txt what it holds. A new schema gets a new pair from the explicit test; a committed pair never changes.</remarks>
public sealed class PostgreSqlGoldenTests(PostgreSqlFixture server)
{
    private const string OutVariable = "ZEROK_GOLDEN_OUT";

    private static readonly Guid LargeName = new("5e3c0f5a-6a0e-4d44-9f0f-2f7f1d0c7a11");

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static string Folder => Path.Combine(AppContext.BaseDirectory, "golden");

    public static TheoryData<string> Schemas => [.. Directory.GetFiles(Folder, "postgres*.sql.gz").Select(f => Path.GetFileName(f)[..^".sql.gz".Length])];

    [Theory]
    [MemberData(nameof(Schemas))]
    public async Task Database_of_an_earlier_relay_opens_with_what_it_held(string schema)
    {
        var database = await server.NewDatabaseAsync();
        await NamedBodies.RunAsync(database, await ScriptAsync(schema));
        await using var store = await OpenAsync(database);
        var held = await File.ReadAllTextAsync(Path.Combine(Folder, $"{schema}.txt"), Stop);
        Assert.Equal(held, await GoldenStoreTests.TellAsync(store));
        if (held.Contains($"{LargeName}", StringComparison.Ordinal)) Assert.Equal("large"u8.ToArray(), (await store.Bodies.GetAsync(LargeName, Stop))!.Value.ToArray());
    }

    [Fact]
    public async Task Todays_schema_has_its_golden_file()
    {
        var database = await server.NewDatabaseAsync();
        await using (await OpenAsync(database)) Assert.Contains($"postgres{await SchemaOfAsync(database)}", Schemas.Select(s => s.Data));
    }

    [Fact]
    public async Task Database_of_a_newer_relay_is_refused_and_left_alone()
    {
        var database = await server.NewDatabaseAsync();
        await (await OpenAsync(database)).DisposeAsync();
        await NamedBodies.RunAsync(database, "UPDATE zerok_meta SET value = '99' WHERE key = 'schema'");
        var fault = await Assert.ThrowsAsync<StoreException>(() => OpenAsync(database));
        Assert.Contains("schema 99", fault.Message, StringComparison.Ordinal);
        Assert.Equal("99", await SchemaOfAsync(database));
    }

    [Fact]
    public async Task Migration_that_a_backup_keeps_waiting_gives_up_and_lets_the_older_relays_go_on()
    {
        var database = await server.NewDatabaseAsync();
        await NamedBodies.RunAsync(database, await ScriptAsync("postgres1"));
        await using var backup = new NpgsqlConnection(database + ";Pooling=false");
        await backup.OpenAsync(Stop);
        await using var reading = await backup.BeginTransactionAsync(Stop);
        await using (var read = new NpgsqlCommand("SELECT count(*) FROM zerok_entries", backup)) await read.ExecuteScalarAsync(Stop);

        var opening = OpenAsync(database);
        var asks = 0;
        for (; !opening.IsCompleted; asks++) await NamedBodies.RunAsync(database, "UPDATE zerok_entries SET sequence = sequence WHERE false");
        var fault = await Assert.ThrowsAsync<StoreException>(() => opening);
        Assert.Contains("a backup?", fault.Message, StringComparison.Ordinal);
        Assert.True(asks > 1, "Nobody else came through.");
        Assert.Equal("1", await SchemaOfAsync(database));

        await reading.CommitAsync(Stop);
        await (await OpenAsync(database)).DisposeAsync();
        Assert.NotEqual("1", await SchemaOfAsync(database));
    }

    // Run by hand for a new schema: ZEROK_GOLDEN_OUT=<tests/Relay.Tests/Storage/golden> … -explicit only -method "*Write_the_golden_database*"
    [Fact(Explicit = true)]
    public async Task Write_the_golden_database_of_todays_schema()
    {
        var folder = Environment.GetEnvironmentVariable(OutVariable) ?? throw new InvalidOperationException($"{OutVariable} names no folder.");
        var database = await server.NewDatabaseAsync();
        await using var store = await OpenAsync(database);
        await GoldenStoreTests.FillAsync(store);
        await NameOneAsync(store);
        var name = $"postgres{await SchemaOfAsync(database)}";
        var dump = await DumpAsync(new NpgsqlConnectionStringBuilder(database));
        await using (var packed = new GZipStream(File.Create(Path.Combine(folder, $"{name}.sql.gz")), CompressionLevel.SmallestSize)) await packed.WriteAsync(Encoding.UTF8.GetBytes(dump), Stop);
        await File.WriteAllTextAsync(Path.Combine(folder, $"{name}.txt"), await GoldenStoreTests.TellAsync(store), Stop);
    }

    // One body that lies in the body store, and its entry.
    private static async Task NameOneAsync(PostgreSqlGroupStore store)
    {
        await store.Bodies.PutAsync(LargeName, "large"u8.ToArray(), Stop);
        var last = (await store.TakeOverAsync(GoldenStoreTests.Group, Stop))!;
        var commit = Commits.Named(Commits.Append(GoldenStoreTests.Group, last.Epoch, last.Row.LastCursor.Value, ""), 0, LargeName, 5);
        Assert.True(await store.CommitAsync(commit with { Row = last.Row with { LastCursor = commit.Row.LastCursor } }, Stop));
    }

    // Without psql's own commands and the session's settings: what is left is plain SQL for any server.
    private static async Task<string> DumpAsync(NpgsqlConnectionStringBuilder database)
    {
        using var process = Process.Start(new ProcessStartInfo("pg_dump", ["--inserts", "--no-owner", "-h", database.Host!, "-p", $"{database.Port}", "-U", database.Username!, database.Database!]) { RedirectStandardOutput = true })!;
        var text = await process.StandardOutput.ReadToEndAsync(Stop);
        await process.WaitForExitAsync(Stop);
        Assert.Equal(0, process.ExitCode);
        return string.Join('\n', text.Split('\n').Where(l => l.Length > 0 && !l.StartsWith("--", StringComparison.Ordinal) && !l.StartsWith('\\') && !l.StartsWith("SET ", StringComparison.Ordinal)));
    }

    /// <summary>The golden database of a schema, as SQL.</summary>
    internal static async Task<string> ScriptAsync(string schema)
    {
        await using var packed = new GZipStream(File.OpenRead(Path.Combine(Folder, $"{schema}.sql.gz")), CompressionMode.Decompress);
        using var reader = new StreamReader(packed);
        return await reader.ReadToEndAsync(Stop);
    }

    private static Task<PostgreSqlGroupStore> OpenAsync(string database) => PostgreSqlGroupStore.OpenAsync(new PostgreSqlStoreOptions { ConnectionString = database }, TimeProvider.System, Stop);

    private static async Task<string> SchemaOfAsync(string database)
    {
        await using var connection = new NpgsqlConnection(database + ";Pooling=false");
        await connection.OpenAsync(Stop);
        await using var command = new NpgsqlCommand("SELECT convert_from(value, 'SQL_ASCII') FROM zerok_meta WHERE key = 'schema'", connection);
        return (string)(await command.ExecuteScalarAsync(Stop))!;
    }

}
