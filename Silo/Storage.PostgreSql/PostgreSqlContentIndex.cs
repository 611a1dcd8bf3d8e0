using Npgsql;
using ZeroK.Content;
using ZeroK.Storage.Content;

namespace ZeroK.Storage.PostgreSql;

/// <summary>The index of contents in the cluster's database: all relays of the cluster share it.</summary>
/// <remarks>
/// A change takes the group's advisory lock for its transaction: quota and references of a group are counted by one relay at a time.
/// All changes may be repeated, so one whose answer was lost is tried again.
/// </remarks>
internal sealed class PostgreSqlContentIndex(NpgsqlDataSource source, StorePipelines pipelines) : IContentIndex, IDisposable
{
    /// <summary>Connections that the index uses at once.</summary>
    public const int Connections = 4;

    private const string ThisOne = " WHERE group_key = $1 AND hash = $2";

    private readonly SemaphoreSlim _turns = new(Connections);

    /// <inheritdoc/>
    public ValueTask<ContentRow?> FindAsync(ContentKey key, CancellationToken cancellationToken) => RunAsync(async late =>
    {
        await using var connection = await source.OpenConnectionAsync(late);
        return await FindAsync(connection, key, late);
    }, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<Announced> AnnounceAsync(ContentKey key, long size, ContentQuota quota, ulong nowMs, CancellationToken cancellationToken) => WriteAsync(key, async (connection, late) =>
    {
        var used = await UsageAsync(connection, key.Group, late);
        if (await FindAsync(connection, key, late) is { } row)
        {
            await ExecuteAsync(connection, "UPDATE zerok_contents SET touched_ms = $3" + ThisOne, late, key.Group, key.Hash.ToArray(), (long)nowMs);
            return new Announced(row with { TouchedMs = nowMs }, used);
        }

        if (!used.HasRoomFor(size, quota)) return new Announced(null, used);
        var made = new ContentRow(size, false, nowMs, ContentKey.NewGeneration());
        await ExecuteAsync(connection, "INSERT INTO zerok_content_usage (group_key, bytes, objects) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", late, key.Group, used.Bytes, used.Objects);
        await ExecuteAsync(connection, "INSERT INTO zerok_contents (group_key, hash, generation, size, stored, touched_ms) VALUES ($1, $2, $3, $4, false, $5)", late, key.Group, key.Hash.ToArray(), made.Generation, size, (long)nowMs);
        return new Announced(made, new ContentUsage(used.Bytes + size, used.Objects + 1));
    }, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<ContentUsage> UsageAsync(Guid group, CancellationToken cancellationToken) => RunAsync(async late =>
    {
        await using var connection = await source.OpenConnectionAsync(late);
        return await UsageAsync(connection, group, late);
    }, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<bool> StoredAsync(ContentKey key, ReadOnlyMemory<byte> device, ulong nowMs, CancellationToken cancellationToken) => WriteAsync(key, async (connection, late) =>
    {
        if (await ExecuteAsync(connection, "UPDATE zerok_contents SET stored = true, touched_ms = $4" + ThisOne + " AND generation = $3", late, key.Group, key.Hash.ToArray(), key.Generation, (long)nowMs) == 0) return false;
        await ExecuteAsync(connection, "INSERT INTO zerok_content_references (group_key, hash, device) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", late, key.Group, key.Hash.ToArray(), device.ToArray());
        return true;
    }, cancellationToken);

    /// <inheritdoc/>
    public async ValueTask DamagedAsync(ContentKey key, CancellationToken cancellationToken) => await WriteAsync(key, (connection, late) =>
        ExecuteAsync(connection, "UPDATE zerok_contents SET stored = false" + ThisOne + " AND generation = $3", late, key.Group, key.Hash.ToArray(), key.Generation), cancellationToken);

    /// <inheritdoc/>
    public ValueTask<ContentKey?> ReleaseAsync(ContentKey key, ReadOnlyMemory<byte> device, CancellationToken cancellationToken) => WriteAsync(key, async (connection, late) =>
    {
        if (await ExecuteAsync(connection, "DELETE FROM zerok_content_references" + ThisOne + " AND device = $3", late, key.Group, key.Hash.ToArray(), device.ToArray()) == 0
            && await FindAsync(connection, key, late) is not { IsStored: false }) return null;
        var isReferred = (bool)(await ScalarAsync(connection, "SELECT EXISTS (SELECT 1 FROM zerok_content_references" + ThisOne + ")", late, key.Group, key.Hash.ToArray()))!;
        return isReferred ? null : await RemoveAsync(connection, key, late);
    }, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<ContentKey?> ExpireAsync(ContentKey key, ulong olderThanMs, CancellationToken cancellationToken) => WriteAsync(key, async (connection, late) =>
        await FindAsync(connection, key, late) is { } row && row.TouchedMs < olderThanMs ? await RemoveAsync(connection, key, late) : null, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<ContentKey>> FindExpiredAsync(ulong storedBeforeMs, ulong writtenBeforeMs, int most, CancellationToken cancellationToken) => RunAsync(late =>
        KeysAsync("SELECT group_key, hash, 0::bigint FROM zerok_contents WHERE touched_ms < CASE WHEN stored THEN $1 ELSE $2 END ORDER BY touched_ms LIMIT $3", late, Ms(storedBeforeMs), Ms(writtenBeforeMs), most), cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<ContentKey>> FindDroppedAsync(int most, CancellationToken cancellationToken) => RunAsync(late =>
        KeysAsync("SELECT group_key, hash, generation FROM zerok_contents_dropped LIMIT $1", late, most), cancellationToken);

    /// <inheritdoc/>
    public async ValueTask DroppedAsync(ContentKey key, CancellationToken cancellationToken) => await WriteAsync(key, (connection, late) =>
        ExecuteAsync(connection, "DELETE FROM zerok_contents_dropped" + ThisOne + " AND generation = $3", late, key.Group, key.Hash.ToArray(), key.Generation), cancellationToken);

    /// <inheritdoc/>
    public void Dispose() => _turns.Dispose();

    private static async Task<ContentRow?> FindAsync(NpgsqlConnection connection, ContentKey key, CancellationToken late)
    {
        await using var command = Command(connection, "SELECT size, stored, touched_ms, generation FROM zerok_contents" + ThisOne, key.Group, key.Hash.ToArray());
        await using var reader = await command.ExecuteReaderAsync(late);
        return await reader.ReadAsync(late) ? new ContentRow(reader.GetInt64(0), reader.GetBoolean(1), (ulong)reader.GetInt64(2), reader.GetInt64(3)) : null;
    }

    // Summed once for a group whose objects an older relay announced; from there on the database keeps it, under the group's lock.
    private static async Task<ContentUsage> UsageAsync(NpgsqlConnection connection, Guid group, CancellationToken late) =>
        await UsageAsync(connection, "SELECT bytes, objects FROM zerok_content_usage WHERE group_key = $1", group, late)
        ?? await UsageAsync(connection, "SELECT coalesce(sum(size), 0)::bigint, count(*) FROM zerok_contents WHERE group_key = $1", group, late)
        ?? default;

    private static async Task<ContentUsage?> UsageAsync(NpgsqlConnection connection, string sql, Guid group, CancellationToken late)
    {
        await using var command = Command(connection, sql, group);
        await using var reader = await command.ExecuteReaderAsync(late);
        return await reader.ReadAsync(late) ? new ContentUsage(reader.GetInt64(0), reader.GetInt64(1)) : null;
    }

    // The row goes, and the note of what the store has yet to drop comes, in one transaction.
    private static async Task<ContentKey?> RemoveAsync(NpgsqlConnection connection, ContentKey key, CancellationToken late)
    {
        await ExecuteAsync(connection, "DELETE FROM zerok_content_references" + ThisOne, late, key.Group, key.Hash.ToArray());
        const string Move = "WITH gone AS (DELETE FROM zerok_contents" + ThisOne + " RETURNING group_key, hash, generation) INSERT INTO zerok_contents_dropped SELECT * FROM gone RETURNING generation";
        return await ScalarAsync(connection, Move, late, key.Group, key.Hash.ToArray()) is long generation ? key with { Generation = generation } : null;
    }

    private async Task<IReadOnlyList<ContentKey>> KeysAsync(string sql, CancellationToken late, params object[] parameters)
    {
        await using var connection = await source.OpenConnectionAsync(late);
        await using var command = Command(connection, sql, parameters);
        await using var reader = await command.ExecuteReaderAsync(late);
        var keys = new List<ContentKey>();
        while (await reader.ReadAsync(late)) keys.Add(new ContentKey(reader.GetGuid(0), new ContentHash(reader.GetFieldValue<byte[]>(1)), reader.GetInt64(2)));
        return keys;
    }

    private ValueTask<T> WriteAsync<T>(ContentKey key, Func<NpgsqlConnection, CancellationToken, Task<T>> change, CancellationToken cancellationToken) => RunAsync(
        async late =>
        {
            await using var connection = await source.OpenConnectionAsync(late);
            await using var transaction = await connection.BeginTransactionAsync(late);
            await ExecuteAsync(connection, "SELECT pg_advisory_xact_lock(hashtextextended($1::text, 0))", late, key.Group);
            var result = await change(connection, late);
            await transaction.CommitAsync(late);
            return result;
        },
        cancellationToken);

    private async ValueTask<T> RunAsync<T>(Func<CancellationToken, Task<T>> step, CancellationToken cancellationToken)
    {
        await _turns.WaitAsync(cancellationToken);
        try
        {
            return await pipelines.Read.ExecuteAsync(static async (run, late) => await run(late), step, cancellationToken);
        }
        catch (Exception e) when (PostgreSqlFault.IsOfTheStore(e))
        {
            throw new ContentStoreException(PostgreSqlFault.Of(e, "with the index of contents").Message) { IsFull = e is PostgresException { SqlState: PostgresErrorCodes.DiskFull } };
        }
        finally
        {
            _turns.Release();
        }
    }

    private static long Ms(ulong time) => (long)Math.Min(time, long.MaxValue);

    private static async Task<int> ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken late, params object[] parameters)
    {
        await using var command = Command(connection, sql, parameters);
        return await command.ExecuteNonQueryAsync(late);
    }

    private static async Task<object?> ScalarAsync(NpgsqlConnection connection, string sql, CancellationToken late, params object[] parameters)
    {
        await using var command = Command(connection, sql, parameters);
        return await command.ExecuteScalarAsync(late);
    }

    private static NpgsqlCommand Command(NpgsqlConnection connection, string sql, params object[] parameters)
    {
#pragma warning disable CA2100 // Only constants of this file come here.
        var command = new NpgsqlCommand(sql, connection);
#pragma warning restore CA2100
        foreach (var value in parameters) command.Parameters.Add(new NpgsqlParameter { Value = value });
        return command;
    }
}
