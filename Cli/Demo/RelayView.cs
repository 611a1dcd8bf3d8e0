using System.Globalization;
using Microsoft.Data.Sqlite;
using ZeroK.Cli.Terminal;

namespace ZeroK.Cli.Demo;

/// <summary>What a table of the relay's store holds: its name, its number of rows, and its last row, column by column.</summary>
internal sealed record RelayTable(string Name, long Rows, IReadOnlyList<(string Column, string Value)> LastRow);

/// <summary>Looks into the relay's files as an operator, or who stole them, could. Knows nothing of their schema.</summary>
internal static class RelayView
{
    private const int BytesShown = 8;

    /// <summary>All tables of all databases in the relay's (stopped) data folder.</summary>
    public static IReadOnlyList<RelayTable> Tables(string folder)
    {
        var tables = new List<RelayTable>();
        foreach (var file in Files(folder).Where(IsDatabase))
        {
            using var database = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = file, Mode = SqliteOpenMode.ReadWrite, Pooling = false }.ToString());
            database.Open();
            foreach (var name in Names(database)) tables.Add(Read(database, name));
        }

        return tables;
    }

    /// <summary>Which of the patterns occur in which files.</summary>
    public static IReadOnlyList<(string Pattern, string File)> Search(IEnumerable<string> files, IReadOnlyList<(string Name, byte[] Bytes)> patterns)
    {
        var found = new List<(string Pattern, string File)>();
        foreach (var file in files)
        {
            var bytes = ReadShared(file);
            foreach (var (name, pattern) in patterns)
                if (bytes.AsSpan().IndexOf(pattern) >= 0) found.Add((name, file));
        }

        return found;
    }

    /// <summary>All files below a folder.</summary>
    public static IReadOnlyList<string> Files(string folder) => [.. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];

    private static bool IsDatabase(string file)
    {
        Span<byte> head = stackalloc byte[16];
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        return stream.ReadAtLeast(head, head.Length, throwOnEndOfStream: false) == head.Length && head.SequenceEqual("SQLite format 3\0"u8);
    }

    private static byte[] ReadShared(string file)
    {
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    private static List<string> Names(SqliteConnection database)
    {
        using var command = database.CreateCommand();
        command.CommandText = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name";
        using var reader = command.ExecuteReader();
        var names = new List<string>();
        while (reader.Read()) names.Add(reader.GetString(0));
        return names;
    }

    private static RelayTable Read(SqliteConnection database, string name)
    {
        // The name comes from the database's own catalogue; quotes are doubled all the same.
        var quoted = '"' + name.Replace("\"", "\"\"", StringComparison.Ordinal) + '"';
        using var command = database.CreateCommand();
#pragma warning disable CA2100 // A table's name can't be a parameter.
        command.CommandText = $"SELECT * FROM {quoted}";
#pragma warning restore CA2100
        using var reader = command.ExecuteReader();
        long rows = 0;
        List<(string, string)> last = [];
        while (reader.Read())
        {
            rows++;
            last = [.. Enumerable.Range(0, reader.FieldCount).Select(i => (reader.GetName(i), Show(reader, i)))];
        }

        return new RelayTable(name, rows, last);
    }

    private static string Show(SqliteDataReader reader, int column)
    {
        var name = reader.GetName(column);
        return reader.GetValue(column) switch
        {
            DBNull => "none",
            byte[] bytes when name is "secret" or "value" => $"{bytes.Length} bytes",
            byte[] bytes => $"{bytes.Length} bytes {Convert.ToHexStringLower(bytes.AsSpan(0, Math.Min(BytesShown, bytes.Length)))}…",
            long ms when name.EndsWith("_ms", StringComparison.Ordinal) => Display.Time(DateTimeOffset.FromUnixTimeMilliseconds(ms)),
            var other => Convert.ToString(other, CultureInfo.InvariantCulture) ?? "",
        };
    }
}
