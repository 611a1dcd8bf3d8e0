using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Npgsql;
using ZeroK.Postgres;

namespace ZeroK.Bench.Cluster;

/// <summary>PostgreSQL's own bench: single-row inserts of the same size, one transaction each, on the same server settings.</summary>
internal static class PgBench
{
    public static async Task<Measured> RunAsync(PostgreSqlServer server, int clients, int bytes, TimeSpan time)
    {
        var database = await server.NewDatabaseAsync();
        await using (var connection = new NpgsqlConnection(database))
        {
            await connection.OpenAsync();
            await using var make = new NpgsqlCommand("CREATE TABLE rows (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, client integer NOT NULL, body bytea NOT NULL)", connection);
            await make.ExecuteNonQueryAsync();
        }

        var script = Path.GetTempFileName();
        await File.WriteAllTextAsync(script, "INSERT INTO rows (client, body) VALUES (:client_id, :body::bytea);\n");
        var before = ProcessorTime.OfTree(server.ProcessId);
        string[] arguments =
        [
            "-n", "-M", "prepared", "-c", $"{clients}", "-j", "2", "-T", ((int)time.TotalSeconds).ToString(CultureInfo.InvariantCulture), "-f", script,
            "-D", "body=\\x" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(bytes)), "-h", "127.0.0.1", "-p", server.Port.ToString(CultureInfo.InvariantCulture), "-U", "zerok", new NpgsqlConnectionStringBuilder(database).Database!,
        ];
        using var process = Process.Start(new ProcessStartInfo("pgbench", arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        File.Delete(script);
        if (process.ExitCode != 0) throw new InvalidOperationException("pgbench failed: " + await errors);
        var line = output.Split('\n').First(l => l.StartsWith("number of transactions actually processed", StringComparison.Ordinal));
        var done = long.Parse(line.Split(':')[1].Split('/')[0].Trim(), CultureInfo.InvariantCulture);
        return new Measured(FormattableString.Invariant($"pgbench, single-row inserts, {clients} clients"), done, time, [("PostgreSQL", ProcessorTime.OfTree(server.ProcessId) - before)]);
    }
}
