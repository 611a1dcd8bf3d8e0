using System.Runtime.CompilerServices;
using Npgsql;
using ZeroK.GrainContracts;

namespace ZeroK.Storage.PostgreSql;

/// <summary>Large bodies in the cluster's database, for a cluster without another place for them: a table of their own, written outside of any group's commits.</summary>
/// <remarks>All of it may be repeated, so one whose answer was lost is tried again. Ages are by the database's clock.</remarks>
internal sealed class PostgreSqlBodyStore(NpgsqlDataSource source, StorePipelines pipelines) : IBodyStore, IDisposable
{
    /// <summary>Connections that it uses at once.</summary>
    public const int Connections = 8;

    private const int ListedAtOnce = 1_000;
    private const string PutSql = "INSERT INTO zerok_bodies (name, body) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING";
    private const string GetSql = "SELECT body FROM zerok_bodies WHERE name = $1";
    private const string ListSql = "SELECT name FROM zerok_bodies WHERE name > $1 AND put_at < now() - $2 ORDER BY name LIMIT $3";
    private const string DeleteSql = "DELETE FROM zerok_bodies WHERE name = $1";

    private readonly SemaphoreSlim _turns = new(Connections);

    /// <inheritdoc/>
    public Task PutAsync(Guid name, ReadOnlyMemory<byte> body, CancellationToken cancellationToken) => RunAsync(PutSql, static (command, late) => command.ExecuteNonQueryAsync(late), cancellationToken,
        new NpgsqlParameter<Guid> { TypedValue = name }, new NpgsqlParameter<ReadOnlyMemory<byte>> { TypedValue = body });

    /// <inheritdoc/>
    public Task<ReadOnlyMemory<byte>?> GetAsync(Guid name, CancellationToken cancellationToken) => RunAsync(GetSql, static async (command, late) =>
        await command.ExecuteScalarAsync(late) is byte[] body ? body : (ReadOnlyMemory<byte>?)null, cancellationToken, new NpgsqlParameter<Guid> { TypedValue = name });

    /// <inheritdoc/>
    public async IAsyncEnumerable<Guid> ListAsync(TimeSpan olderThan, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var last = Guid.Empty;
        List<Guid> names;
        do
        {
            names = await RunAsync(ListSql, ReadNamesAsync, cancellationToken,
                new NpgsqlParameter<Guid> { TypedValue = last }, new NpgsqlParameter<TimeSpan> { TypedValue = olderThan }, new NpgsqlParameter<int> { TypedValue = ListedAtOnce });
            foreach (var name in names) yield return name;
            if (names.Count > 0) last = names[^1];
        }
        while (names.Count == ListedAtOnce);
    }

    /// <inheritdoc/>
    public Task DeleteAsync(Guid name, CancellationToken cancellationToken) => RunAsync(DeleteSql, static (command, late) => command.ExecuteNonQueryAsync(late), cancellationToken,
        new NpgsqlParameter<Guid> { TypedValue = name });

    /// <inheritdoc/>
    public void Dispose() => _turns.Dispose();

    private static async Task<List<Guid>> ReadNamesAsync(NpgsqlCommand command, CancellationToken late)
    {
        var names = new List<Guid>();
        await using var reader = await command.ExecuteReaderAsync(late);
        while (await reader.ReadAsync(late)) names.Add(reader.GetGuid(0));
        return names;
    }

    private async Task<T> RunAsync<T>(string sql, Func<NpgsqlCommand, CancellationToken, Task<T>> run, CancellationToken cancellationToken, params NpgsqlParameter[] parameters)
    {
        await _turns.WaitAsync(cancellationToken);
        try
        {
            return await pipelines.Read.ExecuteAsync(
                static async (state, late) =>
                {
                    await using var command = state.source.CreateCommand(state.sql);
                    foreach (var parameter in state.parameters) command.Parameters.Add(parameter.Clone());
                    return await state.run(command, late);
                },
                (source, sql, run, parameters),
                cancellationToken);
        }
        catch (Exception e) when (PostgreSqlFault.IsOfTheStore(e))
        {
            throw new BodyStoreException(PostgreSqlFault.Of(e, "with a large body").Message, e);
        }
        finally
        {
            _turns.Release();
        }
    }
}
