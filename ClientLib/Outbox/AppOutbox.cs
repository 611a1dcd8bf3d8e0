using System.Data;
using System.Data.Common;
using System.Globalization;
using ZeroK.Wire;

namespace ZeroK.Client.Outbox;

/// <summary>The table <c>zerok_outbox</c> in the app's own database: what the app pushed in its own transactions and is not yet in the device's outbox.</summary>
internal static class AppOutbox
{
    /// <summary>Makes the table where it is missing.</summary>
    public static async Task PrepareAsync(DbConnection database, CancellationToken cancellationToken)
    {
        await using var command = Command(database, null, $"CREATE TABLE IF NOT EXISTS zerok_outbox (position BIGINT NOT NULL PRIMARY KEY, id VARCHAR(64) NOT NULL, label VARCHAR(1024) NULL, payload {BytesOf(database)} NOT NULL)");
        await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Writes a row in the app's transaction, behind all that are there.</summary>
    /// <param name="transaction">The app's.</param>
    /// <param name="row">What to write; its position is the least that it may have.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The position that it has.</returns>
    public static async Task<long> AddAsync(DbTransaction transaction, AppPush row, CancellationToken cancellationToken)
    {
        var database = transaction.Connection ?? throw new ArgumentException("The transaction is over: push before it is committed.", nameof(transaction));
        await using var last = Command(database, transaction, "SELECT coalesce(max(position), 0) FROM zerok_outbox");
        var position = Math.Max(row.Position, Convert.ToInt64(await last.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false), CultureInfo.InvariantCulture) + 1);
        await using var insert = Command(database, transaction, "INSERT INTO zerok_outbox (position, id, label, payload) VALUES (@position, @id, @label, @payload)");
        Add(insert, "@position", DbType.Int64, position);
        Add(insert, "@id", DbType.String, row.Id.Reveal());
        Add(insert, "@label", DbType.String, (object?)row.Label ?? DBNull.Value);
        Add(insert, "@payload", DbType.Binary, row.Payload.ToArray());
        await insert.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        return position;
    }

    /// <summary>The first rows, within both limits, at least one if there is one.</summary>
    public static async Task<List<AppPush>> ReadAsync(DbConnection database, int rowsMax, long bytesMax, CancellationToken cancellationToken)
    {
        await using var query = Command(database, null, "SELECT position, id, label, payload FROM zerok_outbox ORDER BY position");
        await using var reader = await query.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        var rows = new List<AppPush>();
        while (rows.Count < rowsMax && bytesMax > 0 && await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            var payload = reader.GetFieldValue<byte[]>(3);
            rows.Add(new AppPush(reader.GetInt64(0), BlobId.Parse(reader.GetString(1)), await reader.IsDBNullAsync(2, cancellationToken).ConfigureAwait(false) ? null : reader.GetString(2), payload));
            bytesMax -= payload.Length;
        }

        return rows;
    }

    /// <summary>Removes rows, in one transaction.</summary>
    public static async Task RemoveAsync(DbConnection database, IReadOnlyList<AppPush> rows, CancellationToken cancellationToken)
    {
        var transaction = await database.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        await using (transaction.ConfigureAwait(false))
        {
            foreach (var row in rows)
            {
                await using var delete = Command(database, transaction, "DELETE FROM zerok_outbox WHERE position = @position AND id = @id");
                Add(delete, "@position", DbType.Int64, row.Position);
                Add(delete, "@id", DbType.String, row.Id.Reveal());
                await delete.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
            }

            await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    // The one word of the table that databases say differently.
    private static string BytesOf(DbConnection database) => database.GetType().Name switch
    {
        "NpgsqlConnection" => "BYTEA",
        "MySqlConnection" => "LONGBLOB",
        _ => "BLOB",
    };

    private static DbCommand Command(DbConnection database, DbTransaction? transaction, string sql)
    {
        var command = database.CreateCommand();
#pragma warning disable CA2100 // Only constants of this file come here.
        command.CommandText = sql;
#pragma warning restore CA2100
        command.Transaction = transaction;
        return command;
    }

    private static void Add(DbCommand command, string name, DbType type, object value)
    {
        var parameter = command.CreateParameter();
        (parameter.ParameterName, parameter.DbType, parameter.Value) = (name, type, value);
        command.Parameters.Add(parameter);
    }
}

/// <summary>A row of <see cref="AppOutbox"/>.</summary>
internal sealed record AppPush(long Position, BlobId Id, string? Label, ReadOnlyMemory<byte> Payload)
{
    /// <summary>A constant: names and labels are the users' own.</summary>
    public override string ToString() => "[blob]";
}
