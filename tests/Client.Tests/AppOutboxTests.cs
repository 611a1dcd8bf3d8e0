using System.Globalization;
using System.Text;
using Microsoft.Data.Sqlite;
using Xunit;
using ZeroK.Client.Store;
using ZeroK.Client.Tests.Fakes;

namespace ZeroK.Client.Tests;

/// <summary>An app's row and its push are one transaction of the app's own database.</summary>
public sealed class AppOutboxTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("zerok-app-outbox-").FullName;
    private readonly SqliteConnection _app;
    private readonly SqliteConnection _mover;

    public AppOutboxTests()
    {
        _app = Open();
        _mover = Open();
    }

    public async ValueTask InitializeAsync() => await SyncClient.PrepareOutboxAsync(_app, Stop);

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        await _mover.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task What_is_rolled_back_is_never_sent_and_what_is_committed_is_sent_in_order()
    {
        await using var rig = new Rig();
        var a = rig.Start(1);
        await PushAsync(a, commits: true, "1", "2");
        await PushAsync(a, commits: false, "never");
        await PushAsync(a, commits: true, "3");
        Assert.Equal(0UL, a.Status.LastSequence);
        Assert.Equal(3, await a.TakeOutboxAsync(_mover, Stop));
        Assert.Equal(0, await a.TakeOutboxAsync(_mover, Stop));
        await a.FlushAsync(Stop);
        Assert.Equal(["1", "2", "3"], await Rig.TakeAsync(rig.Start(2), 3));
        Assert.Equal(0, Rows());
    }

    [Fact]
    public async Task A_blob_has_the_id_that_its_push_gave()
    {
        await using var rig = new Rig();
        var a = rig.Start(1);
        var id = (await PushAsync(a, commits: true, "1"))[0];
        await a.TakeOutboxAsync(_mover, Stop);
        await a.FlushAsync(Stop);
        Assert.Equal(id, Assert.Single(rig.Relay.Log).Id);
    }

    // The outbox's step fails, or happened and says that it failed; the row's removal is lost; the mark's removal is lost.
    [Theory]
    [InlineData("append", 0)]
    [InlineData("append happened", 0)]
    [InlineData("remove", 1)]
    [InlineData("forget", 1)]
    public async Task A_crash_between_the_two_databases_takes_none_twice_and_loses_none(string where, int takenBefore)
    {
        await using var rig = new Rig();
        var memory = new MemoryStateStore();
        var store = new FaultyStateStore(memory);
        await using (var a = rig.Start(1, store))
        {
            await PushAsync(a, commits: true, "1", "2", "3");
            if (where.StartsWith("append", StringComparison.Ordinal)) store.FailAppend(happens: where == "append happened");
            if (where == "forget") store.FailForget();
            if (where == "remove") SqliteSchema.Execute(_mover, "CREATE TRIGGER no_removal BEFORE DELETE ON zerok_outbox BEGIN SELECT raise(ABORT, 'killed'); END");
            var failure = await Record.ExceptionAsync(() => a.TakeOutboxAsync(_mover, Stop));
            if (where == "append happened") Assert.Null(failure);
            else Assert.NotNull(failure);
            Assert.Equal(takenBefore > 0, memory.Load().Taken.Count > 0);
        }

        if (where == "remove") SqliteSchema.Execute(_app, "DROP TRIGGER no_removal");
        await using (var a = rig.Start(1, store))
        {
            await a.TakeOutboxAsync(_mover, Stop);
            await PushAsync(a, commits: true, "4");
            Assert.Equal(1, await a.TakeOutboxAsync(_mover, Stop));
            await a.FlushAsync(Stop);
        }

        Assert.Equal(["1", "2", "3", "4"], await Rig.TakeAsync(rig.Start(2), 4));
        Assert.Equal(4, rig.Relay.Log.Count);
        Assert.Equal(0, Rows());
    }

    [Fact]
    public async Task The_mover_sees_a_commit_that_comes_long_after_its_push()
    {
        await using var rig = new Rig();
        var a = rig.Start(1);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        var moving = a.RunOutboxAsync(_mover, end.Token);
        await using (var transaction = (SqliteTransaction)await _app.BeginTransactionAsync(Stop))
        {
            await a.PushAsync("late"u8.ToArray(), "label", transaction, Stop);
            await PushDirectlyAsync(a);
            await transaction.CommitAsync(Stop);
        }

        await Rig.UntilAsync(() => rig.Relay.Log.Count == 2, "both sent");
        await Rig.UntilAsync(() => Rows() == 0, "moved");
        await end.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => moving);
    }

    [Fact]
    public async Task What_no_blob_can_hold_is_refused_before_it_is_written()
    {
        await using var rig = new Rig();
        var a = rig.Start(1);
        await using var transaction = (SqliteTransaction)await _app.BeginTransactionAsync(Stop);
        await Assert.ThrowsAsync<ArgumentException>(async () => await a.PushAsync(new byte[Wire.WireLimits.PayloadBytesMax + 1], null, transaction, Stop));
        await Assert.ThrowsAsync<ArgumentException>(async () => await a.PushAsync(new byte[1], new string('x', 2000), transaction, Stop));
        await transaction.CommitAsync(Stop);
        Assert.Equal(0, Rows());
    }

    [Fact]
    public async Task Order_holds_over_a_clock_that_was_set_back()
    {
        await using var rig = new Rig();
        var time = new Microsoft.Extensions.Time.Testing.FakeTimeProvider(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));
        rig.Options = rig.Options with { StartSuspended = true, Time = time };
        await using (var a = rig.Start(1)) await PushAsync(a, commits: true, "1", "2");
        rig.Options = rig.Options with { Time = new Microsoft.Extensions.Time.Testing.FakeTimeProvider(new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero)) };
        var again = rig.Start(3);
        await PushAsync(again, commits: true, "3", "4");
        await again.TakeOutboxAsync(_mover, Stop);
        using var keys = rig.Keys();
        Assert.Equal(["1", "2", "3", "4"], StateReader.ReadOutbox(rig.StoreOf(3), keys, rig.Group, Rig.Id(3)).Select(b => Encoding.UTF8.GetString(b.Payload.Span)));
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static async Task PushDirectlyAsync(SyncClient client)
    {
        await client.PushAsync("direct"u8.ToArray(), cancellationToken: Stop);
        await client.FlushAsync(Stop);
    }

    private async Task<List<Wire.BlobId>> PushAsync(SyncClient client, bool commits, params string[] texts)
    {
        var ids = new List<Wire.BlobId>();
        await using var transaction = (SqliteTransaction)await _app.BeginTransactionAsync(Stop);
        foreach (var text in texts) ids.Add(await client.PushAsync(Encoding.UTF8.GetBytes(text), null, transaction, Stop));
        if (commits) await transaction.CommitAsync(Stop);
        return ids;
    }

    private long Rows()
    {
        using var query = _app.CreateCommand();
        query.CommandText = "SELECT count(*) FROM zerok_outbox";
        return Convert.ToInt64(query.ExecuteScalar(), CultureInfo.InvariantCulture);
    }

    private SqliteConnection Open()
    {
        var connection = new SqliteConnection($"Data Source={Path.Combine(_folder, "app.db")};Pooling=False");
        connection.Open();
        SqliteSchema.Execute(connection, "PRAGMA journal_mode=WAL");
        return connection;
    }
}
