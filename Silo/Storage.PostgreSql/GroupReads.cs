using System.Data;
using Npgsql;
using NpgsqlTypes;
using ZeroK.Grains.Storage;
using ZeroK.Wire;

namespace ZeroK.Storage.PostgreSql;

/// <summary>What is read, each over a connection of its own from the pool.</summary>
internal static class GroupReads
{
    private const string GroupSql = "SELECT log_id, admission_hash, last_cursor, history_start, expired_through, held_through, kept_until_ms FROM zerok_groups WHERE key = $1";
    private const string DevicesSql = "SELECT id, sealed_name, first_seen_ms, last_seen_ms, acked, first_sequence, last_sequence, last_blob, revoked FROM zerok_devices WHERE group_number = (SELECT number FROM zerok_groups WHERE key = $1)";
    private const string EntriesSql = "SELECT cursor, state, sender, sequence, blob, received_ms, body_bytes FROM zerok_entries WHERE group_number = (SELECT number FROM zerok_groups WHERE key = $1) ORDER BY cursor";
    private const string BodiesSql = "SELECT cursor, body, body_name FROM zerok_entries WHERE group_number = (SELECT number FROM zerok_groups WHERE key = $1) AND cursor = ANY($2) AND state = 0 ORDER BY cursor";
    private const string ExpiredSql = "SELECT key FROM zerok_groups WHERE oldest_ms < $1 ORDER BY oldest_ms LIMIT $2";

    private const string UnusedSql = "SELECT key FROM zerok_groups WHERE kept_until_ms < $1 ORDER BY kept_until_ms LIMIT $2";
    private const string UsageSql = "SELECT (SELECT count(*) FROM zerok_groups), (SELECT sum(pg_total_relation_size(t))::bigint FROM unnest(ARRAY['zerok_groups', 'zerok_devices', 'zerok_entries', 'zerok_bodies']::regclass[]) t)";

    private const string EndSql =
        """
        WITH ended AS (DELETE FROM zerok_groups WHERE key = $1 AND epoch = $2 AND last_cursor = $3 RETURNING number),
          devices AS (DELETE FROM zerok_devices d USING ended WHERE d.group_number = ended.number),
          entries AS (DELETE FROM zerok_entries e USING ended WHERE e.group_number = ended.number)
        SELECT count(*) FROM ended
        """;

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
                var row = new GroupRow(Bytes(reader, 0), Bytes(reader, 1), CursorOf(reader, 2), CursorOf(reader, 3), CursorOf(reader, 4)) { HeldThrough = CursorOf(reader, 5), KeptUntilMs = (ulong)reader.GetInt64(6) };
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

    public static Task<IReadOnlyList<Guid>> ExpiredAsync(NpgsqlDataSource source, ulong olderThanMs, int most, CancellationToken cancellationToken) =>
        KeysAsync(source, ExpiredSql, olderThanMs, most, cancellationToken);

    public static Task<IReadOnlyList<Guid>> UnusedAsync(NpgsqlDataSource source, ulong keptUntilBeforeMs, int most, CancellationToken cancellationToken) =>
        KeysAsync(source, UnusedSql, keptUntilBeforeMs, most, cancellationToken);

    /// <summary>Removes a group, if epoch and last cursor are still what its owner knows.</summary>
    public static async Task<bool> EndAsync(NpgsqlDataSource source, Guid group, ulong epoch, Cursor lastCursor, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand(EndSql);
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = group });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = (long)epoch });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = (long)lastCursor.Value });
        return await command.ExecuteScalarAsync(cancellationToken) is 1L;
    }

    public static async Task<StoreUsage> MeasureAsync(NpgsqlDataSource source, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand(UsageSql);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return new StoreUsage(reader.GetInt64(0), reader.GetInt64(1));
    }

    private static async Task<IReadOnlyList<Guid>> KeysAsync(NpgsqlDataSource source, string sql, ulong beforeMs, int most, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand(sql);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = (long)Math.Min(beforeMs, long.MaxValue) });
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
