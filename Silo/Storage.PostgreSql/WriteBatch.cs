using Npgsql;
using NpgsqlTypes;

namespace ZeroK.Storage.PostgreSql;

/// <summary>What one round trip writes: takeovers, and one change for each group that commits. One transaction.</summary>
internal sealed class WriteBatch
{
    private const string TakeOverSql = "UPDATE zerok_groups SET epoch = epoch + 1 WHERE key = ANY($1) RETURNING key, epoch";

    // Only for the groups that went in: their rows are locked by now, and have just this epoch and cursor.
    private const string OldestSql =
        """
        UPDATE zerok_groups g
        SET oldest_ms = (SELECT e.received_ms FROM zerok_entries e WHERE e.group_number = g.number AND e.state = 0 ORDER BY e.cursor LIMIT 1)
        FROM unnest($1::uuid[], $2::bigint[], $3::bigint[]) AS m(key, epoch, last)
        WHERE g.key = m.key AND g.epoch = m.epoch AND g.last_cursor = m.last
        """;

    private readonly Dictionary<Guid, TakeOverJob> _takeOvers = [];
    private readonly Dictionary<Guid, (GroupChange Change, List<CommitJob> Jobs)> _commits = [];

    public int Count { get; private set; }

    public long Bytes { get; private set; }

    public bool IsOfOneGroup => _takeOvers.Count + _commits.Count == 1;

    public IEnumerable<WriteJob> Jobs => _takeOvers.Values.Concat<WriteJob>(_commits.Values.SelectMany(c => c.Jobs));

    /// <summary>Takes a job in; false if it must wait for the next round trip, because it doesn't follow from what is in for its group.</summary>
    public bool TryAdd(WriteJob job)
    {
        if (job is TakeOverJob takeOver)
        {
            if (_commits.ContainsKey(job.Group) || !_takeOvers.TryAdd(job.Group, takeOver)) return false;
        }
        else
        {
            var commit = (CommitJob)job;
            if (_takeOvers.ContainsKey(job.Group)) return false;
            if (!_commits.TryGetValue(job.Group, out var there)) _commits[job.Group] = (new GroupChange(commit.Commit), [commit]);
            else if (!there.Change.IsFollowedBy(commit.Commit)) return false;
            else
            {
                there.Change.Add(commit.Commit);
                there.Jobs.Add(commit);
            }
        }

        Count++;
        Bytes += job.Bytes;
        return true;
    }

    /// <summary>The same work, a group at a time.</summary>
    public IEnumerable<WriteBatch> Split()
    {
        foreach (var group in Jobs.GroupBy(j => j.Group).ToList())
        {
            var alone = new WriteBatch();
            foreach (var job in group) alone.TryAdd(job);
            yield return alone;
        }
    }

    /// <summary>Writes all of it in one transaction and one round trip; returns what to tell the jobs once it is durable.</summary>
    /// <param name="connection">An open connection, outside of any transaction.</param>
    /// <param name="commitSql"><see cref="CommitStatement.Sql"/>.</param>
    /// <param name="trimmed">Where the history of a group began when this relay wrote it last: what begins there still needs no trimming.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    public async Task<Action> WriteAsync(NpgsqlConnection connection, string commitSql, Dictionary<Guid, ulong> trimmed, CancellationToken cancellationToken)
    {
        var changes = _commits.Values.Select(c => c.Change).ToList();
        await using var batch = new NpgsqlBatch(connection);
        if (_takeOvers.Count > 0) batch.BatchCommands.Add(TakeOver());
        if (changes.Count > 0) batch.BatchCommands.Add(CommitStatement.Of(commitSql, changes, Trims(changes, trimmed)));
        var moved = changes.Where(c => c.BodiesWent || MayTrim(c, trimmed)).ToList();
        if (moved.Count > 0) batch.BatchCommands.Add(SettleOldest(moved));

        var epochs = new Dictionary<Guid, ulong>();
        var wentIn = new HashSet<Guid>();
        await using (var reader = await batch.ExecuteReaderAsync(cancellationToken))
        {
            if (_takeOvers.Count > 0)
            {
                while (await reader.ReadAsync(cancellationToken)) epochs[reader.GetGuid(0)] = (ulong)reader.GetInt64(1);
                await reader.NextResultAsync(cancellationToken);
            }

            if (changes.Count > 0)
            {
                while (await reader.ReadAsync(cancellationToken)) wentIn.Add(changes[(int)reader.GetInt64(0) - 1].Group);
            }

            // To the end: only then has the server committed.
            while (await reader.NextResultAsync(cancellationToken)) { }
        }

        foreach (var change in changes)
        {
            if (wentIn.Contains(change.Group)) trimmed[change.Group] = change.Row.HistoryStart.Value;
            else trimmed.Remove(change.Group);
        }

        // What this relay knew of it may be of a group that has ended since.
        foreach (var group in _takeOvers.Keys) trimmed.Remove(group);

        return () => Tell(epochs, wentIn);
    }

    private void Tell(Dictionary<Guid, ulong> epochs, HashSet<Guid> wentIn)
    {
        foreach (var (group, takeOver) in _takeOvers) takeOver.Complete(epochs.TryGetValue(group, out var epoch) ? epoch : null);
        foreach (var (group, commits) in _commits)
        {
            foreach (var job in commits.Jobs) job.Complete(wentIn.Contains(group));
        }
    }

    private static bool MayTrim(GroupChange change, Dictionary<Guid, ulong> trimmed) =>
        change.Epoch != 0 && change.Row.HistoryStart.Value > (trimmed.TryGetValue(change.Group, out var start) ? start : 1);

    private static List<long> Trims(List<GroupChange> changes, Dictionary<Guid, ulong> trimmed)
    {
        var places = new List<long>();
        for (var i = 0; i < changes.Count; i++)
        {
            if (MayTrim(changes[i], trimmed)) places.Add(i + 1);
        }

        return places;
    }

    private NpgsqlBatchCommand TakeOver()
    {
        var command = new NpgsqlBatchCommand(TakeOverSql);
        command.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = [.. _takeOvers.Keys], NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Uuid });
        return command;
    }

    private static NpgsqlBatchCommand SettleOldest(List<GroupChange> changes)
    {
        var command = new NpgsqlBatchCommand(OldestSql);
        command.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = [.. changes.Select(c => c.Group)], NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Uuid });
        command.Parameters.Add(new NpgsqlParameter<long[]> { TypedValue = [.. changes.Select(c => (long)Math.Max(c.Epoch, 1))], NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint });
        command.Parameters.Add(new NpgsqlParameter<long[]> { TypedValue = [.. changes.Select(c => (long)c.Row.LastCursor.Value)], NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint });
        return command;
    }
}
