using Npgsql;
using Xunit;
using ZeroK.GrainContracts;
using ZeroK.Storage.PostgreSql;
using ZeroK.Wire;

namespace ZeroK.Relay.Tests.Storage;

/// <summary>Large bodies and the database that names them: an old one gets no entry, an orphan is dropped when it is old, and what an entry names never.</summary>
public sealed class NamedBodiesTests(PostgreSqlFixture server) : IAsyncDisposable
{
    private readonly Guid _group = Guid.NewGuid();
    private PostgreSqlGroupStore? _store;
    private string _database = "";

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(0, true)]
    [InlineData(29, true)]
    [InlineData(31, false)]
    [InlineData(-9, true)]
    [InlineData(-11, false)]
    public async Task Commit_names_no_body_that_was_put_too_long_ago_by_the_databases_clock(int minutesAgo, bool goesIn)
    {
        await OpenAsync();
        var commit = Commits.Named(Commits.Append(_group, 1, 0, "inline", ""), 1, Guid.NewGuid(), 100_000, TimeSpan.FromMinutes(minutesAgo));
        Assert.Equal(goesIn, await _store!.CommitAsync(commit, Stop));
        Assert.Equal(goesIn ? 2 : 0, (await _store.TakeOverAsync(_group, Stop))!.Entries.Count);
    }

    [Fact]
    public async Task Late_body_takes_along_the_commits_that_were_folded_with_it_and_no_other_group()
    {
        await OpenAsync();
        var other = Guid.NewGuid();
        var outcomes = await Task.WhenAll(
            _store!.CommitAsync(Commits.Create(other), Stop).AsTask(),
            _store.CommitAsync(Commits.Append(_group, 1, 0, "before"), Stop).AsTask(),
            _store.CommitAsync(Commits.Named(Commits.Append(_group, 1, 1, ""), 0, Guid.NewGuid(), 100_000, TimeSpan.FromHours(1)), Stop).AsTask(),
            _store.CommitAsync(Commits.Append(_group, 1, 2, "after"), Stop).AsTask());
        Assert.True(outcomes[0]);
        Assert.False(outcomes[2] || outcomes[3]);
        Assert.Equal(outcomes[1] ? 1 : 0, (await _store.TakeOverAsync(_group, Stop))!.Entries.Count);
    }

    [Fact]
    public async Task Orphans_are_dropped_when_they_are_old_and_what_an_entry_names_never()
    {
        await OpenAsync();
        var (kept, dropped, fenced, young) = (await PutAsync(), await PutAsync(), await PutAsync(), await PutAsync());
        Assert.True(await _store!.CommitAsync(Commits.Named(Commits.Append(_group, 1, 0, ""), 0, kept, 3), Stop));
        Assert.True(await _store.CommitAsync(Commits.Named(Commits.Append(_group, 1, 1, ""), 0, dropped, 3), Stop));
        var row = Commits.Append(_group, 1, 2).Row;
        Assert.True(await _store.CommitAsync(new(_group, 1, new Cursor(2), row, [], [], [(new Cursor(2), BlobState.Forgotten)]), Stop));
        Assert.False(await _store.CommitAsync(Commits.Named(Commits.Append(_group, 1, 7, ""), 0, fenced, 3), Stop));
        Assert.Equal(0, await _store.SweepBodiesAsync(_store.Bodies, Stop));

        await NamedBodies.RunAsync(_database, $"UPDATE zerok_bodies SET put_at = now() - interval '61 minutes' WHERE name <> '{young}'");
        Assert.Equal(2, await _store.SweepBodiesAsync(_store.Bodies, Stop));
        Assert.NotNull(await _store.Bodies.GetAsync(kept, Stop));
        Assert.NotNull(await _store.Bodies.GetAsync(young, Stop));
        Assert.Null(await _store.Bodies.GetAsync(dropped, Stop));
        Assert.Null(await _store.Bodies.GetAsync(fenced, Stop));
    }

    [Fact]
    public async Task Database_that_is_away_is_a_failure_of_the_body_store()
    {
        await OpenAsync();
        await NamedBodies.RunAsync(_database, "DROP TABLE zerok_bodies");
        await Assert.ThrowsAsync<BodyStoreException>(() => PutAsync());
    }

    public async ValueTask DisposeAsync()
    {
        if (_store is not null) await _store.DisposeAsync();
    }

    private async Task OpenAsync()
    {
        _database = await server.NewDatabaseAsync();
        _store = await PostgreSqlGroupStore.OpenAsync(new PostgreSqlStoreOptions { ConnectionString = _database }, TimeProvider.System, CancellationToken.None);
        Assert.True(await _store.CommitAsync(Commits.Create(_group), Stop));
    }

    private async Task<Guid> PutAsync()
    {
        var name = Guid.NewGuid();
        await _store!.Bodies.PutAsync(name, new byte[3], Stop);
        return name;
    }
}

internal static class NamedBodies
{
    /// <summary>Changes a database behind its relays' back.</summary>
    public static async Task RunAsync(string database, string sql)
    {
        await using var connection = new NpgsqlConnection(database + ";Pooling=false");
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }
}
