using System.Data;
using System.Data.Common;
using System.Globalization;
using ZeroK.Wire;

namespace ZeroK.Client.Sync;

/// <summary>The table <c>zerok_applied</c> in the app's own database: which blobs are applied there that the client has not yet noted as acknowledged. Written in the app's transactions.</summary>
/// <remarks>Plain SQL that SQLite, PostgreSQL, SQL Server and MySQL take alike.</remarks>
internal sealed class AppliedMarks(DbConnection database)
{
    private readonly List<(DeviceId, ulong)> _acknowledged = [];

    /// <summary>Makes the table where it is missing, and forgets marks that the client's own state makes superfluous.</summary>
    public async Task PrepareAsync(IReadOnlyDictionary<DeviceId, ulong> acknowledged, CancellationToken cancellationToken)
    {
        await RunAsync(null, "CREATE TABLE IF NOT EXISTS zerok_applied (sender VARCHAR(64) NOT NULL, sequence BIGINT NOT NULL, PRIMARY KEY (sender, sequence))", null, 0, cancellationToken).ConfigureAwait(false);
        foreach (var (device, sequence) in acknowledged)
            await RunAsync(null, "DELETE FROM zerok_applied WHERE sender = @sender AND sequence <= @sequence", device, sequence, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Whether a blob was applied in an earlier run whose acknowledgement was lost.</summary>
    public async Task<bool> HasAsync(DbTransaction transaction, ReceivedBlob blob, CancellationToken cancellationToken)
    {
        await using var query = Command(transaction, "SELECT count(*) FROM zerok_applied WHERE sender = @sender AND sequence = @sequence", blob.Sender, blob.Sequence);
        return Convert.ToInt64(await query.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false), CultureInfo.InvariantCulture) > 0;
    }

    /// <summary>Marks a blob, and removes the marks of those that are acknowledged.</summary>
    public async Task AddAsync(DbTransaction transaction, ReceivedBlob blob, CancellationToken cancellationToken)
    {
        foreach (var (device, sequence) in _acknowledged)
            await RunAsync(transaction, "DELETE FROM zerok_applied WHERE sender = @sender AND sequence = @sequence", device, sequence, cancellationToken).ConfigureAwait(false);
        _acknowledged.Clear();
        await RunAsync(transaction, "INSERT INTO zerok_applied (sender, sequence) VALUES (@sender, @sequence)", blob.Sender, blob.Sequence, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The client has noted these: they never come again.</summary>
    public void Acknowledged(IEnumerable<ReceivedBlob> blobs) => _acknowledged.AddRange(blobs.Select(b => (b.Sender, b.Sequence)));

    private async Task RunAsync(DbTransaction? transaction, string sql, DeviceId? sender, ulong sequence, CancellationToken cancellationToken)
    {
        await using var command = Command(transaction, sql, sender, sequence);
        await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }

    private DbCommand Command(DbTransaction? transaction, string sql, DeviceId? sender, ulong sequence)
    {
        var command = database.CreateCommand();
#pragma warning disable CA2100 // Only constants of this file come here.
        command.CommandText = sql;
#pragma warning restore CA2100
        command.Transaction = transaction;
        if (sender is not { } device) return command;
        Add(command, "@sender", DbType.String, device.Reveal());
        Add(command, "@sequence", DbType.Int64, checked((long)sequence));
        return command;
    }

    private static void Add(DbCommand command, string name, DbType type, object value)
    {
        var parameter = command.CreateParameter();
        (parameter.ParameterName, parameter.DbType, parameter.Value) = (name, type, value);
        command.Parameters.Add(parameter);
    }
}
