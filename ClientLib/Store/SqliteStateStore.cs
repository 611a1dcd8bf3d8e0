using Microsoft.Data.Sqlite;
using ZeroK.Wire;

namespace ZeroK.Client.Store;

/// <summary>The state in state.db: SQLite, WAL, synchronous=FULL, one connection.</summary>
internal sealed class SqliteStateStore : IStateStore
{
    // SQLite's codes for a row that it will not take: nothing is wrong with the disk.
    private const int Constraint = 19, TooLarge = 18, Mismatch = 20, OutOfRange = 25;

    private readonly string _path;
    private readonly SqliteConnection _connection;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, SqliteCommand> _prepared = [];
    private SqliteTransaction? _transaction;

    /// <exception cref="DeviceException">The file is no state file, or of another version.</exception>
    public SqliteStateStore(string path)
    {
        _path = path;
        _connection = SqliteSchema.Open(path);
    }

    /// <summary>The connection, for tests that limit what it may do.</summary>
    internal SqliteConnection Connection => _connection;

    /// <inheritdoc/>
    public StoredState Load()
    {
        try
        {
            return ReadAll();
        }
        catch (SqliteException e)
        {
            throw StoreFailure.Named(e, _path, "read");
        }
        catch (Exception e) when (e is InvalidCastException or ArgumentException or InvalidOperationException)
        {
            // A row that is missing, of another kind or of another length: what this program writes has none of them.
            throw new DeviceException(DeviceProblem.Damaged, "state.db is damaged: a table in it can't be read. It is left as it is; restore it from a copy, or make a new device.", e);
        }
    }

    private StoredState ReadAll()
    {
        lock (_gate)
        {
            using var transaction = _connection.BeginTransaction(deferred: true);
            var device = Query("SELECT last_sequence, last_hash, needs_state FROM device", r => (Sequence: U64(r, 0), Hash: Bytes(r, 1), NeedsState: U64(r, 2)))[0];
            var outbox = Query("SELECT count(*), coalesce(sum(length(envelope)), 0), coalesce(min(sequence), 0) FROM outbox", r => (Blobs: r.GetInt64(0), Bytes: r.GetInt64(1), First: U64(r, 2)))[0];
            return new StoredState
            {
                LastSequence = device.Sequence,
                LastHash = device.Hash,
                OutboxBlobs = outbox.Blobs,
                OutboxBytes = outbox.Bytes,
                OutboxFirst = outbox.First,
                Taken = Query("SELECT id FROM taken", r => new BlobId(Bytes(r, 0))),
                NeedsState = new Cursor(device.NeedsState),
                Relays = Query("SELECT id, log_id, received, head, joined_at, trimmed, foreign_sequence FROM relay", r => new RelayState(Bytes(r, 0)) { LogId = Bytes(r, 1), Received = new Cursor(U64(r, 2)), Head = new Cursor(U64(r, 3)), JoinedAt = new Cursor(U64(r, 4)), Trimmed = U64(r, 5), Foreign = U64(r, 6) }),
                Deliveries = Query("SELECT relay, through, given_up, (SELECT count(*) FROM outbox WHERE sequence > through), (SELECT coalesce(sum(length(envelope)), 0) FROM outbox WHERE sequence > through) FROM delivery", r => new DeliveryState(Bytes(r, 0), U64(r, 1), r.GetInt64(2) != 0) { PendingBlobs = r.GetInt64(3), PendingBytes = r.GetInt64(4) }),
                Seen = Query("SELECT relay, device, sequence FROM seen", r => new SeenState(Bytes(r, 0), new DeviceId(Bytes(r, 1)), U64(r, 2))),
                Peers = Query("SELECT device, contiguous, last_hash, rebase FROM peer", r => KeyValuePair.Create(new DeviceId(Bytes(r, 0)), new PeerState(U64(r, 1), Bytes(r, 2), r.GetInt64(3) != 0))).ToDictionary(),
                Ahead = Query("SELECT device, sequence, hash, previous FROM ahead ORDER BY device, sequence", r => new AheadState(new DeviceId(Bytes(r, 0)), U64(r, 1), Bytes(r, 2), Bytes(r, 3))),
                Quarantine = Quarantine("zeroblob(0)"),
            };
        }
    }

    /// <inheritdoc/>
    public void Append(IReadOnlyList<OutboxEntry> entries, byte[] lastHash) => Write(() =>
    {
        foreach (var entry in entries)
        {
            Run("INSERT INTO outbox (sequence, blob_id, envelope) VALUES ($a, $b, $c)", ("$a", I64(entry.Sequence)), ("$b", entry.Id.ToArray()), ("$c", Array(entry.Envelope)));
            if (entry.IsTaken) Run("INSERT INTO taken VALUES ($a)", ("$a", entry.Id.ToArray()));
        }

        Run("UPDATE device SET last_sequence = $a, last_hash = $b", ("$a", I64(entries[^1].Sequence)), ("$b", lastHash));
    });

    /// <inheritdoc/>
    public void ForgetTaken(IReadOnlyList<BlobId> blobs) => Write(() =>
    {
        foreach (var blob in blobs) Run("DELETE FROM taken WHERE id = $a", ("$a", blob.ToArray()));
    });

    /// <inheritdoc/>
    public void SaveDelivery(DeliveryState delivery, ulong removeThrough) => Write(() =>
    {
        Run("INSERT INTO delivery VALUES ($a, $b, $c) ON CONFLICT (relay) DO UPDATE SET through = $b, given_up = $c", ("$a", Array(delivery.Relay)), ("$b", I64(delivery.Through)), ("$c", delivery.IsGivenUp ? 1L : 0L));
        Run("DELETE FROM outbox WHERE sequence <= $a", ("$a", I64(removeThrough)));
    });

    /// <inheritdoc/>
    public IReadOnlyList<OutboxEntry> ReadOutbox(ulong from, int blobsMax, long bytesMax)
    {
        lock (_gate) return Read(() =>
        {
            using var command = Command("SELECT sequence, blob_id, envelope FROM outbox WHERE sequence >= $a ORDER BY sequence LIMIT $b", ("$a", I64(from)), ("$b", (long)blobsMax));
            using var reader = command.ExecuteReader();
            var entries = new List<OutboxEntry>();
            while (reader.Read())
            {
                var envelope = Bytes(reader, 2);
                if (entries.Count > 0 && (bytesMax -= envelope.Length) < 0) break;
                if (entries.Count == 0) bytesMax -= envelope.Length;
                entries.Add(new OutboxEntry(U64(reader, 0), new BlobId(Bytes(reader, 1)), envelope));
            }

            return entries;
        });
    }

    /// <inheritdoc/>
    public void SaveRelay(RelayState relay) => Write(() => PutRelay(relay));

    /// <inheritdoc/>
    public void CommitInbound(IReadOnlyList<RelayState> relays, IReadOnlyList<InboundChange> changes) => Write(() =>
    {
        foreach (var relay in relays) PutRelay(relay);
        foreach (var change in changes) Apply(change);
    });

    /// <inheritdoc/>
    public IReadOnlyList<QuarantinedBlob> ReadQuarantine()
    {
        lock (_gate) return Read(() => Quarantine("envelope"));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            foreach (var command in _prepared.Values) command.Dispose();
            _connection.Dispose();
        }
    }

    private void Apply(InboundChange change)
    {
        switch (change)
        {
            case PeerChanged peer:
                var device = peer.Device.ToArray();
                Run("INSERT INTO peer VALUES ($a, $b, $c, $d) ON CONFLICT (device) DO UPDATE SET contiguous = $b, last_hash = $c, rebase = $d", ("$a", device), ("$b", I64(peer.State.Contiguous)), ("$c", Array(peer.State.LastHash)), ("$d", peer.State.Rebase ? 1L : 0L));
                Run("DELETE FROM ahead WHERE device = $a AND sequence <= $b", ("$a", device), ("$b", I64(peer.State.Contiguous)));
                break;
            case SeenChanged { State: var seen }:
                Run("INSERT INTO seen VALUES ($a, $b, $c) ON CONFLICT (relay, device) DO UPDATE SET sequence = $c", ("$a", Array(seen.Relay)), ("$b", seen.Device.ToArray()), ("$c", I64(seen.Sequence)));
                break;
            case AheadAdded { State: var ahead }:
                Run("INSERT OR REPLACE INTO ahead VALUES ($a, $b, $c, $d)", ("$a", ahead.Sender.ToArray()), ("$b", I64(ahead.Sequence)), ("$c", Array(ahead.Hash)), ("$d", Array(ahead.Previous)));
                break;
            case QuarantineAdded { Blob: var q }:
                Run("INSERT OR REPLACE INTO quarantine VALUES ($a, $b, $c, $d, $e, $f, $g, $h, $i)", ("$a", Array(q.Relay)), ("$b", I64(q.Cursor.Value)), ("$c", q.Id.ToArray()), ("$d", q.Sender.ToArray()), ("$e", I64(q.Sequence)), ("$f", (long)q.Reason), ("$g", Array(q.Envelope)), ("$h", Array(q.Hash)), ("$i", q.Holds ? 1L : 0L));
                break;
            case QuarantineReleased released:
                Run("UPDATE quarantine SET holds = 0 WHERE relay = $a AND cursor = $b AND blob_id = $c", ("$a", Array(released.Relay)), ("$b", I64(released.Cursor.Value)), ("$c", released.Id.ToArray()));
                break;
            case StateNeeded needed:
                Run("UPDATE device SET needs_state = $a", ("$a", I64(needed.Before.Value)));
                break;
            case QuarantineRemoved removed:
                Run("DELETE FROM quarantine WHERE relay = $a AND cursor = $b AND blob_id = $c", ("$a", Array(removed.Relay)), ("$b", I64(removed.Cursor.Value)), ("$c", removed.Id.ToArray()));
                break;
            default:
                throw new InvalidOperationException($"No row for {change.GetType().Name}.");
        }
    }

    private void PutRelay(RelayState relay) => Run(
        "INSERT INTO relay VALUES ($a, $b, $c, $d, $e, $f, $g) ON CONFLICT (id) DO UPDATE SET log_id = $b, received = $c, head = $d, joined_at = $e, trimmed = $f, foreign_sequence = $g",
        ("$a", Array(relay.Id)), ("$b", Array(relay.LogId)), ("$c", I64(relay.Received.Value)), ("$d", I64(relay.Head.Value)), ("$e", I64(relay.JoinedAt.Value)), ("$f", I64(relay.Trimmed)), ("$g", I64(relay.Foreign)));

    private List<QuarantinedBlob> Quarantine(string envelope) => Query(
        $"SELECT relay, cursor, blob_id, sender, sequence, reason, {envelope}, hash, holds, length(envelope) FROM quarantine ORDER BY relay, cursor",
        r => new QuarantinedBlob(Bytes(r, 0), new Cursor(U64(r, 1)), new BlobId(Bytes(r, 2)), new DeviceId(Bytes(r, 3)), U64(r, 4), (UndecryptableReason)r.GetInt64(5), Bytes(r, 6)) { Hash = Bytes(r, 7), Holds = r.GetInt64(8) != 0, Bytes = r.GetInt64(9) });

    private void Write(Action step)
    {
        lock (_gate)
        {
            try
            {
                using var transaction = _connection.BeginTransaction();
                _transaction = transaction;
                step();
                transaction.Commit();
            }
            catch (SqliteException e) when (e.SqliteErrorCode is Constraint or TooLarge or Mismatch or OutOfRange)
            {
                throw new InvalidDataException($"The device's state can't hold this row ({e.SqliteErrorCode}).", e);
            }
            catch (SqliteException e)
            {
                throw new IOException(StoreFailure.Named(e, _path, "written").Message, e);
            }
        }
    }

    private T Read<T>(Func<T> step)
    {
        try
        {
            return step();
        }
        catch (SqliteException e)
        {
            throw new IOException(StoreFailure.Named(e, _path, "read").Message, e);
        }
    }

    // A write's statement is compiled once: a client that catches up runs the same few for every blob.
    private void Run(string sql, params ReadOnlySpan<(string Name, object Value)> parameters)
    {
        if (!_prepared.TryGetValue(sql, out var command)) _prepared[sql] = command = Command(sql, parameters);
        for (var i = 0; i < parameters.Length; i++) command.Parameters[i].Value = parameters[i].Value;
        command.Transaction = _transaction;
        command.ExecuteNonQuery();
    }

    private List<T> Query<T>(string sql, Func<SqliteDataReader, T> read)
    {
        using var command = Command(sql);
        using var reader = command.ExecuteReader();
        var rows = new List<T>();
        while (reader.Read()) rows.Add(read(reader));
        return rows;
    }

    private SqliteCommand Command(string sql, params ReadOnlySpan<(string Name, object Value)> parameters)
    {
        var command = _connection.CreateCommand();
#pragma warning disable CA2100 // Only constants of this file come here.
        command.CommandText = sql;
#pragma warning restore CA2100
        foreach (var (name, value) in parameters) command.Parameters.AddWithValue(name, value);
        return command;
    }

    // SQLite's integers are signed: cursors and sequences stay far below 2^63, and the wire's rules keep them there.
    private static long I64(ulong value) => checked((long)value);

    private static ulong U64(SqliteDataReader reader, int column) => checked((ulong)reader.GetInt64(column));

    private static byte[] Bytes(SqliteDataReader reader, int column) => reader.GetFieldValue<byte[]>(column);

    private static byte[] Array(ReadOnlyMemory<byte> bytes) =>
        System.Runtime.InteropServices.MemoryMarshal.TryGetArray(bytes, out var segment) && segment.Array is { } array && segment.Offset == 0 && segment.Count == array.Length ? array : bytes.ToArray();
}
