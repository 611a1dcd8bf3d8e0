using System.Diagnostics;
using System.Security.Cryptography;
using SQLitePCL;

namespace ZeroK.Bench.Store;

/// <summary>The floor: one prepared insert of the same bytes by one thread, as many a transaction as the store had writers, the same pragmas, nothing else.</summary>
internal static class BareSqlite
{
    public static Measured Run(string path, TimeSpan duration, int appendsPerTransaction)
    {
        Batteries_V2.Init();
        Check(raw.sqlite3_open(path, out var db));
        using var close = db;
        Check(raw.sqlite3_exec(db, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=16000; PRAGMA cache_size=-65536; CREATE TABLE entries (id INTEGER PRIMARY KEY, body BLOB)"));
        Check(raw.sqlite3_prepare_v2(db, "INSERT INTO entries (id, body) VALUES (?, ?)", out var insert));
        using var finalize = insert;
        var body = RandomNumberGenerator.GetBytes(StoreLoad.BodyBytes);
        var latencies = new List<double>();
        var cpu = Environment.CpuUsage.TotalTime;
        var clock = Stopwatch.StartNew();
        long appends = 0;
        for (long cursor = 1; clock.Elapsed < duration; cursor++)
        {
            var start = clock.Elapsed;
            Check(raw.sqlite3_exec(db, "BEGIN IMMEDIATE"));
            for (long group = 1; group <= appendsPerTransaction; group++)
            {
                Check(raw.sqlite3_bind_int64(insert, 1, (group << 40) | cursor));
                Check(raw.sqlite3_bind_blob(insert, 2, body));
                if (raw.sqlite3_step(insert) != raw.SQLITE_DONE) throw new InvalidOperationException(raw.sqlite3_errmsg(db).utf8_to_string());
                raw.sqlite3_reset(insert);
                appends++;
            }

            Check(raw.sqlite3_exec(db, "COMMIT"));
            latencies.Add((clock.Elapsed - start).TotalMilliseconds);
        }

        var used = Environment.CpuUsage.TotalTime - cpu;
        latencies.Sort();
        return new Measured(appends, clock.Elapsed.TotalSeconds, latencies[latencies.Count / 2], latencies[(int)(latencies.Count * 0.99)], used.TotalMicroseconds / appends, appendsPerTransaction);
    }

    private static void Check(int code)
    {
        if (code != raw.SQLITE_OK) throw new InvalidOperationException($"SQLite answers {code}.");
    }
}
