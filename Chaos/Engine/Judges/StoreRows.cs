using Microsoft.Data.Sqlite;

namespace ZeroK.Chaos.Judges;

/// <summary>Counts what a relay's embedded stores hold, from copies of their files.</summary>
public static class StoreRows
{
    /// <summary>The rows of each table, by "file.table".</summary>
    /// <param name="kept">What a relay kept. The copies must be of a moment in which nothing was written.</param>
    public static IReadOnlyDictionary<string, long> Count(IReadOnlyList<ByteSource> kept)
    {
        ArgumentNullException.ThrowIfNull(kept);
        var directory = Directory.CreateTempSubdirectory("zerok-rows-").FullName;
        try
        {
            var rows = new SortedDictionary<string, long>(StringComparer.Ordinal);
            foreach (var source in kept.Where(k => IsStore(k.Name))) File.WriteAllBytes(Path.Combine(directory, source.Name), source.Bytes.Span);
            foreach (var file in Directory.EnumerateFiles(directory, "*.db")) CountIn(file, rows);
            return rows;
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static bool IsStore(string name) => name.EndsWith(".db", StringComparison.Ordinal) || name.EndsWith(".db-wal", StringComparison.Ordinal);

    private static void CountIn(string file, SortedDictionary<string, long> rows)
    {
        using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = file, Pooling = false }.ToString());
        connection.Open();
        var tables = new List<string>();
        using (var command = connection.CreateCommand())
        {
            command.CommandText = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'";
            using var reader = command.ExecuteReader();
            while (reader.Read()) tables.Add(reader.GetString(0));
        }

        foreach (var table in tables)
        {
            using var command = connection.CreateCommand();
            // A name from the file's own catalogue, quoted.
            command.CommandText = $"SELECT count(*) FROM \"{table.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
            rows[$"{Path.GetFileName(file)}.{table}"] = (long)command.ExecuteScalar()!;
        }
    }
}
