using System.IO.Compression;
using System.Text;
using Xunit;
using ZeroK.GrainContracts;
using ZeroK.Grains.Storage;
using ZeroK.Storage.Sqlite;
using ZeroK.Wire;

namespace ZeroK.Relay.Tests.Storage;

/// <summary>Files that earlier relays wrote, one for each schema, load today with what they held.</summary>
/// <remarks>golden/schemaN.db.gz is the database, golden/schemaN.txt what it holds. A new schema gets a new pair from the explicit test; a committed pair never changes.</remarks>
public sealed class GoldenStoreTests
{
    private const string OutVariable = "ZEROK_GOLDEN_OUT";
    internal static readonly Guid Group = new("00112233-4455-6677-8899-aabbccddeeff");

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static string Folder => Path.Combine(AppContext.BaseDirectory, "golden");

    public static TheoryData<string> Schemas => [.. Directory.GetFiles(Folder, "*.db.gz").Select(f => Path.GetFileName(f)[..^".db.gz".Length])];

    [Theory]
    [MemberData(nameof(Schemas))]
    public async Task Data_of_an_earlier_relay_loads_with_what_it_held(string schema)
    {
        using var directory = new TempDirectory();
        Unpack(schema, directory.Path);
        using var store = Open(directory.Path);
        Assert.Equal(await File.ReadAllTextAsync(Path.Combine(Folder, $"{schema}.txt"), Stop), await TellAsync(store));
    }

    // Fails when a published script is changed in place: then old data would differ from new.
    [Theory]
    [MemberData(nameof(Schemas))]
    public void Earlier_data_ends_with_the_same_tables_as_new_data(string schema)
    {
        using var old = new TempDirectory();
        using var fresh = new TempDirectory();
        Unpack(schema, old.Path);
        Open(old.Path).Dispose();
        Open(fresh.Path).Dispose();
        Assert.Equal(Tables(fresh.Path), Tables(old.Path));
    }

    [Fact]
    public void Todays_schema_has_its_golden_file()
    {
        using var fresh = new TempDirectory();
        Open(fresh.Path).Dispose();
        Assert.Contains($"schema{SchemaOf(fresh.Path)}", Schemas.Select(s => s.Data));
    }

    // Run by hand for a new schema: ZEROK_GOLDEN_OUT=<tests/Relay.Tests/Storage/golden> … -explicit only -method "*Write_the_golden_file*"
    [Fact(Explicit = true)]
    public async Task Write_the_golden_file_of_todays_schema()
    {
        var folder = Environment.GetEnvironmentVariable(OutVariable) ?? throw new InvalidOperationException($"{OutVariable} names no folder.");
        using var directory = new TempDirectory();
        using (var store = Open(directory.Path)) await FillAsync(store);
        var name = $"schema{SchemaOf(directory.Path)}";
        using (var file = File.OpenRead(Path.Combine(directory.Path, "groups.db")))
        using (var packed = new GZipStream(File.Create(Path.Combine(folder, $"{name}.db.gz")), CompressionLevel.SmallestSize))
            await file.CopyToAsync(packed, Stop);

        using var again = Open(directory.Path);
        await File.WriteAllTextAsync(Path.Combine(folder, $"{name}.txt"), await TellAsync(again), Stop);
    }

    // Every state of an entry, a trimmed front, a blocked device, one that never pushed.
    internal static async Task FillAsync(IGroupStore store)
    {
        var silent = new DeviceId([.. Enumerable.Repeat((byte)9, 32)]);
        Assert.True(await store.CommitAsync(Commits.Create(Group), Stop));
        Assert.True(await store.CommitAsync(Commits.Append(Group, 1, 0, "one", "two", "", "four", "five"), Stop));
        Assert.NotNull(await store.TakeOverAsync(Group, Stop));
        var end = Commits.Append(Group, 2, 5, "six");
        var kept = new GroupKey(await store.GetRelaySecretAsync(Stop)).HashOf(Commits.AdmissionKey);
        Assert.True(await store.CommitAsync(
            end with
            {
                Row = end.Row with { HistoryStart = new Cursor(2), ExpiredThrough = new Cursor(1), AdmissionHash = kept },
                Devices =
                [
                    new DeviceRow(Commits.Sender, [1, 2, 3], 11, 12, new Cursor(6), 1, 6, BlobId.New(), false),
                    new DeviceRow(silent, [], 13, 14, new Cursor(1), 0, 0, null, true),
                ],
                Dropped = [(new Cursor(3), BlobState.Forgotten), (new Cursor(4), BlobState.Deleted)],
            },
            Stop));
    }

    internal static async Task<string> TellAsync(IGroupStore store)
    {
        var text = new StringBuilder();
        var snapshot = (await store.TakeOverAsync(Group, Stop))!;
        var row = snapshot.Row;
        var secret = await store.GetRelaySecretAsync(Stop);

        // What is kept of the key is told as the key that it knows again.
        var key = row.AdmissionHash.AsSpan().SequenceEqual(new GroupKey(secret).HashOf(Commits.AdmissionKey)) ? Hex(Commits.AdmissionKey) : "unknown";
        text.Append($"secret {Hex(secret)}\n");
        text.Append($"group epoch {snapshot.Epoch} last {row.LastCursor.Value} history {row.HistoryStart.Value} expired {row.ExpiredThrough.Value} log {Hex(row.LogId)} key {key}\n");
        foreach (var d in snapshot.Devices)
            text.Append($"device {Hex(d.Id.ToArray())} name {Hex(d.SealedName)} seen {d.FirstSeenMs} {d.LastSeenMs} acked {d.Acked.Value} sequences {d.FirstSequence} {d.LastSequence} blob {(d.LastBlob is { } b ? Hex(b.ToArray()) : "none")} revoked {d.Revoked}\n");
        foreach (var e in snapshot.Entries)
        {
            var bodies = await store.ReadBodiesAsync(Group, [e.Cursor], Stop);
            text.Append($"entry {e.Cursor.Value} {e.State} from {Hex(e.Sender.ToArray())} sequence {e.Sequence} blob {Hex(e.Blob.ToArray())} at {e.ReceivedAtMs} bytes {e.BodyBytes} body {(bodies.Count == 0 ? "none" : bodies[0].Name is { } name ? $"{name}" : Hex(bodies[0].Body.ToArray()))}\n");
        }

        foreach (var olderThanMs in (ulong[])[1002, 1003])
            text.Append($"expired before {olderThanMs}: {(await store.FindExpiredAsync(olderThanMs, 10, Stop)).Count}\n");
        return text.ToString();
    }

    private static string Hex(byte[] bytes) => Convert.ToHexStringLower(bytes);

    private static void Unpack(string schema, string directory)
    {
        using var packed = new GZipStream(File.OpenRead(Path.Combine(Folder, $"{schema}.db.gz")), CompressionMode.Decompress);
        using var file = File.Create(Path.Combine(directory, "groups.db"));
        packed.CopyTo(file);
    }

    internal static Task UnpackAsync(string schema, string directory) => Task.Run(() => Unpack(schema, directory), Stop);

    private static SqliteGroupStore Open(string directory) => SqliteGroupStore.Open(new SqliteStoreOptions { DataDirectory = directory });

    private static string SchemaOf(string directory) => Query(directory, "SELECT CAST(value AS TEXT) FROM meta WHERE key = 'schema'").Single();

    private static List<string> Tables(string directory) => Query(directory, "SELECT name || ': ' || sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name");

    private static List<string> Query(string directory, string sql)
    {
        using var connection = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={Path.Combine(directory, "groups.db")};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        using var reader = command.ExecuteReader();
        var rows = new List<string>();
        while (reader.Read()) rows.Add(reader.GetString(0));
        return rows;
    }
}
