using System.Runtime.InteropServices;
using Npgsql;
using NpgsqlTypes;
using ZeroK.Grains.Storage;
using ZeroK.Wire;

namespace ZeroK.Storage.PostgreSql;

/// <summary>Many groups' changes as one statement: arrays in, the numbers of the changes that went in out.</summary>
/// <remarks>
/// The fence is in the statement: a group's row is updated only where epoch and last cursor still match, which locks it,
/// and every other part joins the rows that were updated. A row that another relay changes meanwhile is looked at again
/// under the lock (READ COMMITTED), so of two owners one goes in. A change that names a body is refused, too, if that
/// was put more than 30 minutes ago by the database's clock (or more than 10 in its future): <see cref="BodySweep"/> may
/// drop it after an hour. The group's rules refuse it after 10 minutes; this one holds for a relay that was frozen since.
/// </remarks>
internal static class CommitStatement
{
    public const string Sql =
        """
        WITH asked AS MATERIALIZED (
          SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bytea[], $8::bytea[], $9::bigint[], $34::bigint[], $35::bigint[], $36::bigint[], $37::bigint[])
            WITH ORDINALITY AS a(key, epoch, expected, last, history, expired, log_id, admission_hash, first_ms, put_from_ms, put_to_ms, held, kept_until_ms, ord)
          WHERE put_from_ms IS NULL
            OR (put_from_ms >= extract(epoch FROM statement_timestamp()) * 1000 - 1800000 AND put_to_ms <= extract(epoch FROM statement_timestamp()) * 1000 + 600000)
        ), made AS (
          INSERT INTO zerok_groups (key, epoch, last_cursor, history_start, expired_through, log_id, admission_hash, oldest_ms, held_through, kept_until_ms)
          SELECT key, 1, last, history, expired, log_id, admission_hash, first_ms, held, kept_until_ms FROM asked WHERE epoch = 0 AND expected = 0
          ON CONFLICT (key) DO NOTHING
          RETURNING number, key
        ), advanced AS (
          UPDATE zerok_groups g
          SET last_cursor = a.last, history_start = a.history, expired_through = a.expired, admission_hash = a.admission_hash, oldest_ms = coalesce(g.oldest_ms, a.first_ms),
            held_through = greatest(g.held_through, a.held), kept_until_ms = a.kept_until_ms
          FROM asked a
          WHERE g.key = a.key AND g.epoch = a.epoch AND g.last_cursor = a.expected
          RETURNING g.number, a.ord, a.history
        ), won AS MATERIALIZED (
          SELECT number, ord, history FROM advanced
          UNION ALL
          SELECT m.number, a.ord, a.history FROM made m JOIN asked a ON a.key = m.key
        ), appended AS (
          INSERT INTO zerok_entries (group_number, cursor, state, received_ms, sequence, body_bytes, sender, blob, body, body_name)
          SELECT w.number, e.cursor, e.state, e.received_ms, e.sequence, e.body_bytes, e.sender, e.blob, e.body, e.body_name
          FROM unnest($10::bigint[], $11::bigint[], $12::smallint[], $13::bigint[], $14::bigint[], $15::bytea[], $16::bytea[], $17::bytea[], $32::integer[], $33::uuid[])
            AS e(ord, cursor, state, received_ms, sequence, sender, blob, body, body_bytes, body_name)
          JOIN won w ON w.ord = e.ord
        ), seen AS (
          INSERT INTO zerok_devices (group_number, id, sealed_name, first_seen_ms, last_seen_ms, acked, first_sequence, last_sequence, last_blob, revoked)
          SELECT w.number, d.id, d.sealed_name, d.first_seen_ms, d.last_seen_ms, d.acked, d.first_sequence, d.last_sequence, d.last_blob, d.revoked
          FROM unnest($18::bigint[], $19::bytea[], $20::bytea[], $21::bigint[], $22::bigint[], $23::bigint[], $24::bigint[], $25::bigint[], $26::bytea[], $27::boolean[])
            AS d(ord, id, sealed_name, first_seen_ms, last_seen_ms, acked, first_sequence, last_sequence, last_blob, revoked)
          JOIN won w ON w.ord = d.ord
          ON CONFLICT (group_number, id) DO UPDATE SET
            sealed_name = EXCLUDED.sealed_name, first_seen_ms = EXCLUDED.first_seen_ms, last_seen_ms = EXCLUDED.last_seen_ms, acked = EXCLUDED.acked,
            first_sequence = EXCLUDED.first_sequence, last_sequence = EXCLUDED.last_sequence, last_blob = EXCLUDED.last_blob, revoked = EXCLUDED.revoked
        ), gone AS (
          DELETE FROM zerok_devices d
          USING unnest($38::bigint[], $39::bytea[]) AS x(ord, id) JOIN won w ON w.ord = x.ord
          WHERE d.group_number = w.number AND d.id = x.id
        ), dropped AS (
          UPDATE zerok_entries e SET state = d.state, body = NULL, body_name = NULL, body_bytes = 0
          FROM unnest($28::bigint[], $29::bigint[], $30::smallint[]) AS d(ord, cursor, state) JOIN won w ON w.ord = d.ord
          WHERE e.group_number = w.number AND e.cursor = d.cursor
        ), trimmed AS (
          DELETE FROM zerok_entries e
          USING unnest($31::bigint[]) AS t(ord) JOIN won w ON w.ord = t.ord
          WHERE e.group_number = w.number AND e.cursor < w.history
        )
        SELECT ord FROM won
        """;

    /// <summary>The command; it returns one row for each change that went in: its place in the list, from 1.</summary>
    /// <param name="sql"><see cref="Sql"/>.</param>
    /// <param name="changes">At most one a group.</param>
    /// <param name="trims">Places (from 1) of the changes that may have entries to trim.</param>
    public static NpgsqlBatchCommand Of(string sql, IReadOnlyList<GroupChange> changes, IReadOnlyList<long> trims)
    {
        var command = new NpgsqlBatchCommand(sql);
        var p = command.Parameters;
        Add(p, NpgsqlDbType.Uuid, changes, c => c.Group);
        Add(p, NpgsqlDbType.Bigint, changes, c => (long)c.Epoch);
        Add(p, NpgsqlDbType.Bigint, changes, c => (long)c.Expected.Value);
        Add(p, NpgsqlDbType.Bigint, changes, c => (long)c.Row.LastCursor.Value);
        Add(p, NpgsqlDbType.Bigint, changes, c => (long)c.Row.HistoryStart.Value);
        Add(p, NpgsqlDbType.Bigint, changes, c => (long)c.Row.ExpiredThrough.Value);
        Add(p, NpgsqlDbType.Bytea, changes, c => c.Epoch == 0 ? c.Row.LogId : []);
        Add(p, NpgsqlDbType.Bytea, changes, c => c.Row.AdmissionHash);
        Add(p, NpgsqlDbType.Bigint, changes, c => c.FirstBodyMs);
        var appends = changes.SelectMany((c, i) => c.Appends.Select(a => (Ord: i + 1L, a.Append, a.State))).ToList();
        AddAppends(p, appends);
        AddDevices(p, [.. changes.SelectMany((c, i) => c.Devices.Values.Select(d => (Ord: i + 1L, Row: d)))]);
        var dropped = changes.SelectMany((c, i) => c.Dropped.Where(d => d.Key >= c.Row.HistoryStart.Value).Select(d => (Ord: i + 1L, Cursor: (long)d.Key, State: (short)d.Value))).ToList();
        Add(p, NpgsqlDbType.Bigint, dropped, d => d.Ord);
        Add(p, NpgsqlDbType.Bigint, dropped, d => d.Cursor);
        Add(p, NpgsqlDbType.Smallint, dropped, d => d.State);
        Add(p, NpgsqlDbType.Bigint, trims, t => t);
        Add(p, NpgsqlDbType.Integer, appends, a => a.State == BlobState.Present ? a.Append.BodyBytes : 0);
        Add(p, NpgsqlDbType.Uuid, appends, a => a.State == BlobState.Present ? a.Append.Elsewhere?.Name : null);
        Add(p, NpgsqlDbType.Bigint, changes, c => c.PutFromMs);
        Add(p, NpgsqlDbType.Bigint, changes, c => c.PutToMs);
        Add(p, NpgsqlDbType.Bigint, changes, c => (long)c.Row.HeldThrough.Value);
        Add(p, NpgsqlDbType.Bigint, changes, c => (long)c.Row.KeptUntilMs);
        var gone = changes.SelectMany((c, i) => c.Gone.Select(d => (Ord: i + 1L, Id: d))).ToList();
        Add(p, NpgsqlDbType.Bigint, gone, d => d.Ord);
        Add(p, NpgsqlDbType.Bytea, gone, d => d.Id.ToArray());
        return command;
    }

    private static void AddAppends(NpgsqlParameterCollection p, List<(long Ord, Append Append, BlobState State)> appends)
    {
        Add(p, NpgsqlDbType.Bigint, appends, a => a.Ord);
        Add(p, NpgsqlDbType.Bigint, appends, a => (long)a.Append.Cursor.Value);
        Add(p, NpgsqlDbType.Smallint, appends, a => (short)a.State);
        Add(p, NpgsqlDbType.Bigint, appends, a => (long)a.Append.ReceivedAtMs);
        Add(p, NpgsqlDbType.Bigint, appends, a => (long)a.Append.Sequence);
        Add(p, NpgsqlDbType.Bytea, appends, a => a.Append.Sender.ToArray());
        Add(p, NpgsqlDbType.Bytea, appends, a => a.Append.Blob.ToArray());
        Add(p, NpgsqlDbType.Bytea, appends, a => a.State == BlobState.Present && a.Append.Elsewhere is null ? AsArray(a.Append.Body) : null);
    }

    private static void AddDevices(NpgsqlParameterCollection p, List<(long Ord, DeviceRow Row)> devices)
    {
        Add(p, NpgsqlDbType.Bigint, devices, d => d.Ord);
        Add(p, NpgsqlDbType.Bytea, devices, d => d.Row.Id.ToArray());
        Add(p, NpgsqlDbType.Bytea, devices, d => d.Row.SealedName);
        Add(p, NpgsqlDbType.Bigint, devices, d => (long)d.Row.FirstSeenMs);
        Add(p, NpgsqlDbType.Bigint, devices, d => (long)d.Row.LastSeenMs);
        Add(p, NpgsqlDbType.Bigint, devices, d => (long)d.Row.Acked.Value);
        Add(p, NpgsqlDbType.Bigint, devices, d => (long)d.Row.FirstSequence);
        Add(p, NpgsqlDbType.Bigint, devices, d => (long)d.Row.LastSequence);
        Add(p, NpgsqlDbType.Bytea, devices, d => d.Row.LastBlob?.ToArray());
        Add(p, NpgsqlDbType.Boolean, devices, d => d.Row.Revoked);
    }

    private static void Add<TRow, T>(NpgsqlParameterCollection parameters, NpgsqlDbType type, IReadOnlyList<TRow> rows, Func<TRow, T> column)
    {
        var values = new T[rows.Count];
        for (var i = 0; i < values.Length; i++) values[i] = column(rows[i]);
        parameters.Add(new NpgsqlParameter<T[]> { TypedValue = values, NpgsqlDbType = NpgsqlDbType.Array | type });
    }

    private static byte[] AsArray(ReadOnlyMemory<byte> body) =>
        MemoryMarshal.TryGetArray(body, out var segment) && segment.Offset == 0 && segment.Count == segment.Array!.Length ? segment.Array : body.ToArray();
}
