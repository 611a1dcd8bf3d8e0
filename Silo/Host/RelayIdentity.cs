using System.Security.Cryptography;
using Microsoft.Data.Sqlite;
using ZeroK.Noise;

namespace ZeroK.Relay;

/// <summary>The relay's identity: made once, the same ever after. Clients pin its fingerprint, so losing it is losing the relay's address.</summary>
/// <remarks>A SQLite file of one row, since SQLite makes sure of its writes and says when it can't; .NET's own flush swallows the disk's errors on Linux.</remarks>
internal static class RelayIdentity
{
    /// <summary>The file's name in the data directory.</summary>
    public const string FileName = "identity.db";

    private const int Version = 1;

    /// <summary>Reads the identity, or makes it: durable before this returns. Two processes at once get the same.</summary>
    /// <exception cref="DataDirectoryException">The file can't be read or written, or others can read it.</exception>
    public static StaticIdentity LoadOrCreate(string dataDirectory)
    {
        var path = Path.Combine(dataDirectory, FileName);
        byte[]? secret = null;
        try
        {
            using var connection = Open(path);
            Execute(connection, "CREATE TABLE IF NOT EXISTS identity (id INTEGER PRIMARY KEY CHECK (id = 1), version INTEGER NOT NULL, secret BLOB NOT NULL);");
            secret = Read(connection);
            if (secret is null)
            {
                Insert(connection);
                secret = Read(connection) ?? throw new DataDirectoryException("The relay's identity was written and is not there: the data directory's file system loses data.");
            }

            return StaticIdentity.Import(secret);
        }
        catch (SqliteException fault)
        {
            throw new DataDirectoryException($"The relay's identity ({FileName}) can't be read or written: {fault.Message}", fault);
        }
        catch (ArgumentException fault)
        {
            throw new DataDirectoryException($"The relay's identity ({FileName}) is damaged. Restore it from a backup; without it, clients refuse this relay.", fault);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new DataDirectoryException($"The relay's identity ({FileName}) can't be opened: {fault.Message}", fault);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secret);
        }
    }

    /// <summary>A connection that waits for the disk.</summary>
    internal static SqliteConnection Open(string path)
    {
        DataDirectory.CreateFile(path);
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false, DefaultTimeout = 10 }.ToString());
        connection.Open();
        Execute(connection, "PRAGMA journal_mode=DELETE; PRAGMA synchronous=FULL;");
        return connection;
    }

    private static void Insert(SqliteConnection connection)
    {
        var secret = new byte[StaticIdentity.SecretBytes];
        try
        {
            using var fresh = StaticIdentity.Generate();
            fresh.ExportSecret(secret);
            using var command = connection.CreateCommand();
            command.CommandText = "INSERT OR IGNORE INTO identity (id, version, secret) VALUES (1, $version, $secret)";
            command.Parameters.AddWithValue("$version", Version);
            command.Parameters.AddWithValue("$secret", secret);
            command.ExecuteNonQuery();
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secret);
        }
    }

    private static byte[]? Read(SqliteConnection connection)
    {
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT version, secret FROM identity WHERE id = 1";
        using var row = command.ExecuteReader();
        if (!row.Read()) return null;
        if (row.GetInt64(0) > Version)
            throw new DataDirectoryException($"The relay's identity ({FileName}) has version {row.GetInt64(0)}; this relay knows up to {Version}. Run the newer relay, or restore an older copy of the data.");
        return row.GetFieldValue<byte[]>(1);
    }

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
