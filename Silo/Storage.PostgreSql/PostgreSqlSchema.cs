using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Npgsql;
using ZeroK.GrainContracts;
using ZeroK.Grains.Storage;

namespace ZeroK.Storage.PostgreSql;

/// <summary>The tables of groups and of the cluster, and how older ones become today's.</summary>
/// <remarks>
/// Several relays may start at once: an advisory lock lets one at a time look, and all of it is one transaction.
/// Older relays serve meanwhile and go on with what comes of it: a version adds what they don't know and changes nothing
/// that they use, and none rewrites or scans a large table under its lock (the index of version 3 does, and was there before the first release).
/// </remarks>
internal static class PostgreSqlSchema
{
    // Any number, the same in every relay: the advisory lock's name ("zerok" in ASCII).
    private const long LockKey = 0x7A_65_72_6F_6B;

    // A change of a table waits for whoever reads it, a backup for hours, and all commits of the older relays wait behind it.
    // Longer than a second, after which PostgreSQL's own cleaning gives way.
    private const string LockWait = "SET LOCAL lock_timeout = '2s'";

    // One script a version, applied in order; a published one is never changed.
    private static readonly string[] Versions =
    [
        """
        CREATE TABLE zerok_groups (
          number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
          key uuid NOT NULL UNIQUE,
          epoch bigint NOT NULL,
          last_cursor bigint NOT NULL,
          history_start bigint NOT NULL,
          expired_through bigint NOT NULL,
          log_id bytea NOT NULL,
          admission_key bytea NOT NULL,
          oldest_ms bigint
        ) WITH (fillfactor = 50);
        CREATE INDEX zerok_groups_oldest ON zerok_groups (oldest_ms) WHERE oldest_ms IS NOT NULL;
        CREATE TABLE zerok_devices (
          group_number bigint NOT NULL,
          id bytea NOT NULL,
          sealed_name bytea NOT NULL,
          first_seen_ms bigint NOT NULL,
          last_seen_ms bigint NOT NULL,
          acked bigint NOT NULL,
          first_sequence bigint NOT NULL,
          last_sequence bigint NOT NULL,
          last_blob bytea,
          revoked boolean NOT NULL,
          PRIMARY KEY (group_number, id)
        ) WITH (fillfactor = 50);
        CREATE TABLE zerok_entries (
          group_number bigint NOT NULL,
          cursor bigint NOT NULL,
          state smallint NOT NULL,
          received_ms bigint NOT NULL,
          sequence bigint NOT NULL,
          body_bytes integer NOT NULL,
          sender bytea NOT NULL,
          blob bytea NOT NULL,
          body bytea,
          PRIMARY KEY (group_number, cursor)
        );
        ALTER TABLE zerok_entries ALTER COLUMN body SET STORAGE EXTERNAL;

        """ + ClusterTables.Script,
        """
        CREATE TABLE zerok_contents (
          group_key uuid NOT NULL,
          hash bytea NOT NULL,
          generation bigint NOT NULL,
          size bigint NOT NULL,
          stored boolean NOT NULL,
          touched_ms bigint NOT NULL,
          PRIMARY KEY (group_key, hash)
        );
        CREATE INDEX zerok_contents_touched ON zerok_contents (touched_ms);
        CREATE TABLE zerok_content_references (
          group_key uuid NOT NULL,
          hash bytea NOT NULL,
          device bytea NOT NULL,
          PRIMARY KEY (group_key, hash, device)
        );
        CREATE TABLE zerok_contents_dropped (
          group_key uuid NOT NULL,
          hash bytea NOT NULL,
          generation bigint NOT NULL,
          PRIMARY KEY (group_key, hash, generation)
        );
        """,
        """
        ALTER TABLE zerok_entries ADD COLUMN body_name uuid;
        CREATE INDEX zerok_entries_body_name ON zerok_entries (body_name) WHERE body_name IS NOT NULL;
        """,
        """
        CREATE TABLE zerok_bodies (
          name uuid PRIMARY KEY,
          put_at timestamptz NOT NULL DEFAULT now(),
          body bytea NOT NULL
        );
        ALTER TABLE zerok_bodies ALTER COLUMN body SET STORAGE EXTERNAL;
        """,

        // The sum of a group's contents: made with its first announcement, and kept whichever relay, old or new, changes its rows.
        """
        CREATE TABLE zerok_content_usage (
          group_key uuid PRIMARY KEY,
          bytes bigint NOT NULL,
          objects bigint NOT NULL
        ) WITH (fillfactor = 50);
        CREATE FUNCTION zerok_count_contents() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF TG_OP = 'INSERT' THEN
            UPDATE zerok_content_usage SET bytes = bytes + NEW.size, objects = objects + 1 WHERE group_key = NEW.group_key;
          ELSE
            UPDATE zerok_content_usage SET bytes = bytes - OLD.size, objects = objects - 1 WHERE group_key = OLD.group_key;
            DELETE FROM zerok_content_usage WHERE group_key = OLD.group_key AND objects <= 0;
          END IF;
          RETURN NULL;
        END $$;
        CREATE TRIGGER zerok_contents_counted AFTER INSERT OR DELETE ON zerok_contents FOR EACH ROW EXECUTE FUNCTION zerok_count_contents();
        """,

        // What is kept of an admission key is made after it: see HashAdmissionKeysAsync. Before the first release, so it may change what older relays use.
        """
        ALTER TABLE zerok_groups RENAME COLUMN admission_key TO admission_hash;
        ALTER TABLE zerok_groups ADD COLUMN held_through bigint NOT NULL DEFAULT 0;
        ALTER TABLE zerok_groups ADD COLUMN kept_until_ms bigint NOT NULL DEFAULT 0;
        UPDATE zerok_groups g SET kept_until_ms = (SELECT coalesce(max(d.last_seen_ms), 0) FROM zerok_devices d WHERE d.group_number = g.number) + 31536000000;
        CREATE INDEX zerok_groups_kept_until ON zerok_groups (kept_until_ms);
        """,
    ];

    // The last version whose admission keys were stored as they are.
    private const int KeysInTheClear = 5;

    /// <summary>Brings the tables to today's version, makes the relay's secret if there is none, and returns it.</summary>
    /// <exception cref="StoreException">The data is of a newer version, or the server doesn't keep what it acknowledges.</exception>
    public static async Task<byte[]> ApplyAsync(NpgsqlDataSource source, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        if (await TextAsync(connection, "SHOW fsync", cancellationToken) != "on")
            throw new StoreException("PostgreSQL runs with fsync=off: it would lose acknowledged data in a power cut. Set fsync=on in its configuration.");
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await RunAsync(connection, $"SELECT pg_advisory_xact_lock({LockKey})", cancellationToken);
        await RunAsync(connection, "CREATE TABLE IF NOT EXISTS zerok_meta (key text PRIMARY KEY, value bytea NOT NULL)", cancellationToken);
        var found = await ReadMetaAsync(connection, "schema", cancellationToken) is { } bytes ? int.Parse(Encoding.ASCII.GetString(bytes), CultureInfo.InvariantCulture) : 0;
        if (found > Versions.Length)
            throw new StoreException($"The database has schema {found}; this relay knows up to {Versions.Length}. Run the newer relay, or restore an older copy of the data.");
        if (found < Versions.Length) await RunAsync(connection, LockWait, cancellationToken);
        for (var version = found; version < Versions.Length; version++) await RunAsync(connection, Versions[version], cancellationToken);
        if (found < Versions.Length) await WriteMetaAsync(connection, "schema", Encoding.ASCII.GetBytes($"{Versions.Length}"), cancellationToken);
        var secret = await ReadOrMakeAsync(connection, "secret", () => RandomNumberGenerator.GetBytes(32), cancellationToken);
        if (found is > 0 and <= KeysInTheClear) await HashAdmissionKeysAsync(connection, new GroupKey(secret), cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return secret;
    }

    private static async Task HashAdmissionKeysAsync(NpgsqlConnection connection, GroupKey pseudonyms, CancellationToken cancellationToken)
    {
        var (numbers, hashes) = (new List<long>(), new List<byte[]>());
        await using (var select = new NpgsqlCommand("SELECT number, admission_hash FROM zerok_groups", connection))
        await using (var reader = await select.ExecuteReaderAsync(cancellationToken))
        {
            while (await reader.ReadAsync(cancellationToken))
            {
                numbers.Add(reader.GetInt64(0));
                hashes.Add(pseudonyms.HashOf(reader.GetFieldValue<byte[]>(1)));
            }
        }

        await using var update = new NpgsqlCommand("UPDATE zerok_groups g SET admission_hash = h.hash FROM unnest($1::bigint[], $2::bytea[]) AS h(number, hash) WHERE g.number = h.number", connection);
        update.Parameters.Add(new NpgsqlParameter<long[]> { TypedValue = [.. numbers] });
        update.Parameters.Add(new NpgsqlParameter<byte[][]> { TypedValue = [.. hashes] });
        await update.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Reads a value that all relays share; the first to ask makes it. Under the lock or alone: only one is ever kept.</summary>
    public static async Task<byte[]> ReadOrMakeAsync(NpgsqlConnection connection, string key, Func<byte[]> make, CancellationToken cancellationToken)
    {
        if (await ReadMetaAsync(connection, key, cancellationToken) is { } there) return there;
        await using var insert = new NpgsqlCommand("INSERT INTO zerok_meta (key, value) VALUES ($1, $2) ON CONFLICT (key) DO NOTHING", connection);
        insert.Parameters.Add(new NpgsqlParameter<string> { TypedValue = key });
        insert.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = make() });
        await insert.ExecuteNonQueryAsync(cancellationToken);
        return await ReadMetaAsync(connection, key, cancellationToken) ?? throw new StoreException("A value that was just written is not in the database: it is damaged.");
    }

    public static async Task<byte[]?> ReadMetaAsync(NpgsqlConnection connection, string key, CancellationToken cancellationToken)
    {
        await using var select = new NpgsqlCommand("SELECT value FROM zerok_meta WHERE key = $1", connection);
        select.Parameters.Add(new NpgsqlParameter<string> { TypedValue = key });
        return await select.ExecuteScalarAsync(cancellationToken) as byte[];
    }

    public static async Task WriteMetaAsync(NpgsqlConnection connection, string key, byte[] value, CancellationToken cancellationToken)
    {
        await using var write = new NpgsqlCommand("INSERT INTO zerok_meta (key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value", connection);
        write.Parameters.Add(new NpgsqlParameter<string> { TypedValue = key });
        write.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = value });
        await write.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task<string?> TextAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync(cancellationToken) as string;
    }

    private static async Task RunAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        // The scripts above are constants; a value never becomes part of one.
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
