using System.Data;
using Npgsql;
using NpgsqlTypes;
using ZeroK.Grains.Storage;
using ZeroK.Wire;

namespace ZeroK.Storage.PostgreSql;

/// <summary>What is read, each over a connection of its own from the pool.</summary>
internal static class GroupReads
{
    private const string GroupSql = "SELECT log_id, admission_key, last_cursor, history_start, expired_through FROM zerok_groups WHERE key = $1";
    private const string DevicesSql = "SELECT id, sealed_name, first_seen_ms, last_seen_ms, acked, first_sequence, last_sequence, last_blob, revoked FROM zerok_devices WHERE group_number = (SELECT number FROM zerok_groups WHERE key = $1)";
    private const string EntriesSql = "SELECT cursor, state, sender, sequence, blob, received_ms, body_bytes FROM zerok_entries WHERE group_number = (SELECT number FROM zerok_groups WHERE key = $1) ORDER BY cursor";
    private const string BodiesSql = "SELECT cursor, body, body_name FROM zerok_entries WHERE group_number = (SELECT number FROM zerok_groups WHERE key = $1) AND cursor = ANY($2) AND state = 0 ORDER BY cursor";
    private const string ExpiredSql = "SELECT key FROM zerok_groups WHERE oldest_ms < $1 ORDER BY oldest_ms LIMIT $2";

    public static async Task<GroupSnapshot?> SnapshotAsync(NpgsqlDataSource source, Guid group, ulong epoch, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);

        // One snapshot for all three: another owner may write at the same time.
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellationToken);
        await using var batch = new NpgsqlBatch(connection, transaction) { BatchCommands = { OfGroup(GroupSql, group), OfGroup(DevicesSql, group), OfGroup(EntriesSql, group) } };
        GroupSnapshot? snapshot = null;
        await using (var reader = await batch.ExecuteReaderAsync(cancellationToken))
        {
            if (await reader.ReadAsync(cancellationToken))
            {
                var row = new GroupRow(Bytes(reader, 0), Bytes(reader, 1), CursorOf(reader, 2), CursorOf(reader, 3), CursorOf(reader, 4));
                await reader.NextResultAsync(cancellationToken);
                var devices = await DevicesAsync(reader, cancellationToken);
                await reader.NextResultAsync(cancellationToken);
                snapshot = new GroupSnapshot(epoch, row, devices, await EntriesAsync(reader, cancellationToken));
            }
        }

        await transaction.CommitAsync(cancellationToken);
        return snapshot;
    }

    public static async Task<IReadOnlyList<StoredBody>> BodiesAsync(NpgsqlDataSource source, Guid group, IReadOnlyList<Cursor> cursors, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand(BodiesSql);
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = group });
        command.Parameters.Add(new NpgsqlParameter<long[]> { TypedValue = [.. cursors.Where(c => c.Value <= long.MaxValue).Select(c => (long)c.Value)], NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint });
        var found = new List<StoredBody>(cursors.Count);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken)) found.Add(reader.IsDBNull(2) ? new StoredBody(CursorOf(reader, 0), Bytes(reader, 1)) : new StoredBody(CursorOf(reader, 0), default, reader.GetGuid(2)));
        return found;
    }

    public static async Task<IReadOnlyList<Guid>> ExpiredAsync(NpgsqlDataSource source, ulong olderThanMs, int most, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand(ExpiredSql);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = (long)Math.Min(olderThanMs, long.MaxValue) });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = most });
        var found = new List<Guid>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken)) found.Add(reader.GetGuid(0));
        return found;
    }

    private static async Task<List<DeviceRow>> DevicesAsync(NpgsqlDataReader reader, CancellationToken cancellationToken)
    {
        var rows = new List<DeviceRow>();
        while (await reader.ReadAsync(cancellationToken))
        {
            rows.Add(new DeviceRow(new DeviceId(Bytes(reader, 0)), Bytes(reader, 1), Number(reader, 2), Number(reader, 3), CursorOf(reader, 4),
                Number(reader, 5), Number(reader, 6), reader.IsDBNull(7) ? null : new BlobId(Bytes(reader, 7)), reader.GetBoolean(8)));
        }

        return rows;
    }

    private static async Task<List<EntryRow>> EntriesAsync(NpgsqlDataReader reader, CancellationToken cancellationToken)
    {
        var rows = new List<EntryRow>();
        while (await reader.ReadAsync(cancellationToken))
        {
            rows.Add(new EntryRow(CursorOf(reader, 0), (BlobState)reader.GetInt16(1), new DeviceId(Bytes(reader, 2)), Number(reader, 3),
                new BlobId(Bytes(reader, 4)), Number(reader, 5), reader.GetInt32(6)));
        }

        return rows;
    }

    private static NpgsqlBatchCommand OfGroup(string sql, Guid group) => new(sql) { Parameters = { new NpgsqlParameter<Guid> { TypedValue = group } } };

    private static byte[] Bytes(NpgsqlDataReader reader, int column) => reader.GetFieldValue<byte[]>(column);

    private static ulong Number(NpgsqlDataReader reader, int column) => (ulong)reader.GetInt64(column);

    private static Cursor CursorOf(NpgsqlDataReader reader, int column) => new(Number(reader, column));
}
