using System.Diagnostics;
using Microsoft.Data.Sqlite;

namespace ZeroK.Bench.Client;

/// <summary>What the outbox is measured against: rows of the same size into SQLite (WAL, synchronous=FULL), so many a transaction.</summary>
internal static class BareSqlite
{
    public static (double PerSecond, List<double> TransactionMs) Run(string path, int rowBytes, int rowsPerTransaction, TimeSpan time)
    {
        using var connection = new SqliteConnection($"Data Source={path};Pooling=false");
        connection.Open();
        Execute(connection, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE row(sequence INTEGER PRIMARY KEY, body BLOB NOT NULL);");
        using var insert = connection.CreateCommand();
        insert.CommandText = "INSERT INTO row(body) VALUES ($body)";
        insert.Parameters.AddWithValue("$body", new byte[rowBytes]);
        var each = new List<double>();
        var rows = 0;
        var clock = Stopwatch.StartNew();
        while (clock.Elapsed < time)
        {
            var started = clock.Elapsed;
            using var transaction = connection.BeginTransaction();
            insert.Transaction = transaction;
            for (var i = 0; i < rowsPerTransaction; i++) insert.ExecuteNonQuery();
            transaction.Commit();
            rows += rowsPerTransaction;
            each.Add((clock.Elapsed - started).TotalMilliseconds);
        }

        return (rows / clock.Elapsed.TotalSeconds, each);
    }

    private static void Execute(SqliteConnection connection, string text)
    {
        using var command = connection.CreateCommand();
        command.CommandText = text;
        command.ExecuteNonQuery();
    }
}
