using Npgsql;
using NpgsqlTypes;
using ZeroK.GrainContracts;

namespace ZeroK.Storage.PostgreSql;

/// <summary>Drops large bodies that no entry refers to: their entries were forgotten, or their commit failed.</summary>
internal static class BodySweep
{
    /// <summary>A body is left alone for so long, by its store's clock, whether something refers to it or not: its commit may be on the way. <see cref="CommitStatement"/> refuses what names an older one.</summary>
    public static readonly TimeSpan OrphanAge = TimeSpan.FromHours(1);

    private const int AskAtOnce = 1_000;
    private const string OrphansSql = "SELECT n FROM unnest($1::uuid[]) n WHERE NOT EXISTS (SELECT 1 FROM zerok_entries e WHERE e.body_name = n)";

    /// <returns>Bodies dropped.</returns>
    public static async Task<int> RunAsync(IBodyStore bodies, NpgsqlDataSource source, CancellationToken cancellationToken)
    {
        var dropped = 0;
        var names = new List<Guid>(AskAtOnce);
        await foreach (var name in bodies.ListAsync(OrphanAge, cancellationToken))
        {
            names.Add(name);
            if (names.Count == AskAtOnce) dropped += await DropAsync(bodies, source, names, cancellationToken);
        }

        return dropped + await DropAsync(bodies, source, names, cancellationToken);
    }

    private static async Task<int> DropAsync(IBodyStore bodies, NpgsqlDataSource source, List<Guid> names, CancellationToken cancellationToken)
    {
        var orphans = new List<Guid>();
        await using (var command = source.CreateCommand(OrphansSql))
        {
            command.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = [.. names], NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Uuid });
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken)) orphans.Add(reader.GetGuid(0));
        }

        foreach (var orphan in orphans) await bodies.DeleteAsync(orphan, cancellationToken);
        names.Clear();
        return orphans.Count;
    }
}
