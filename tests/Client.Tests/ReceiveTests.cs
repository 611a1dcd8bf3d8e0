using System.Data.Common;
using System.Globalization;
using System.Text;
using Microsoft.Data.Sqlite;
using Xunit;
using ZeroK.Client.Store;
using ZeroK.Client.Tests.Fakes;

namespace ZeroK.Client.Tests;

/// <summary>Callbacks, batches, and the app's own database.</summary>
public sealed class ReceiveTests : IDisposable
{
    private readonly SqliteConnection _app = new("Data Source=:memory:");

    public ReceiveTests()
    {
        _app.Open();
        SqliteSchema.Execute(_app, "CREATE TABLE log (number INTEGER PRIMARY KEY AUTOINCREMENT, text TEXT NOT NULL)");
    }

    public void Dispose() => _app.Dispose();

    [Fact]
    public async Task Handler_gets_each_blob_and_one_that_it_threw_at_comes_again()
    {
        await using var rig = new Rig();
        foreach (var (id, sequence, envelope) in rig.Sealed(1, 4)) rig.Relay.Append(Rig.Id(1), sequence, id, envelope);
        var b = rig.Start(2);
        var texts = new List<string>();
        await Assert.ThrowsAsync<IOException>(() => b.HandleAsync((blob, _) =>
        {
            texts.Add(Text(blob));
            return texts.Count == 3 ? throw new IOException("the app's disk") : ValueTask.CompletedTask;
        }, TestContext.Current.CancellationToken));
        using var end = Rig.Patience();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => b.HandleAsync(async (blob, _) =>
        {
            texts.Add(Text(blob));
            if (texts.Count == 5) await end.CancelAsync();
        }, end.Token));
        Assert.Equal(["1/1", "1/2", "1/3", "1/3", "1/4"], texts);
        await Rig.UntilAsync(() => b.Status.Received.Value == 4, "all acknowledged");
    }

    [Fact]
    public async Task Batch_holds_what_has_come_and_its_last_acknowledges_all()
    {
        await using var rig = new Rig();
        foreach (var (id, sequence, envelope) in rig.Sealed(1, 25)) rig.Relay.Append(Rig.Id(1), sequence, id, envelope);
        var b = rig.Start(2);
        await Rig.UntilAsync(() => b.Status.State == SyncState.Live, "all fetched");
        using var patience = Rig.Patience();
        var sizes = new List<int>();
        await foreach (var batch in b.ReceiveBatchesAsync(10, patience.Token))
        {
            sizes.Add(batch.Count);
            await batch[^1].AckAsync(patience.Token);
            if (sizes.Sum() == 25) break;
        }

        Assert.Equal([10, 10, 5], sizes);
        Assert.Equal(25UL, b.Status.Received.Value);
    }

    // The app's commit happened and the client's did not, as after a kill between the two: then it all comes again.
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(64)]
    public async Task Applied_blob_is_not_applied_again_when_its_acknowledgement_was_lost(int blobsMax)
    {
        await using var rig = new Rig();
        foreach (var (id, sequence, envelope) in rig.Sealed(1, 7)) rig.Relay.Append(Rig.Id(1), sequence, id, envelope);
        var store = new FaultyStateStore(new MemoryStateStore());
        var lost = 0;
        for (var left = 7; left > 0; left -= blobsMax)
        {
            await using var b = rig.Start(2, store);
            store.FailCommit();
            await Assert.ThrowsAsync<IOException>(() => b.ApplyAsync(_app, async (blob, transaction, _) => await InsertAsync(blob, transaction), blobsMax, TestContext.Current.CancellationToken));
            lost++;
        }

        Assert.Equal(0, store.Load().Relays.Sum(r => (long)r.Received.Value));
        await using (var b = rig.Start(2, store)) await ApplyUntilAsync(b, blobsMax, () => b.Status.Received.Value == 7);
        Assert.Equal(Enumerable.Range(1, 7).Select(i => $"1/{i}"), Log());
        Assert.True(lost > 0);
    }

    [Fact]
    public async Task Failing_apply_rolls_its_transaction_back_and_the_blobs_come_again()
    {
        await using var rig = new Rig();
        foreach (var (id, sequence, envelope) in rig.Sealed(1, 6)) rig.Relay.Append(Rig.Id(1), sequence, id, envelope);
        var b = rig.Start(2);
        await Rig.UntilAsync(() => b.Status.State == SyncState.Live, "all fetched");
        await Assert.ThrowsAsync<IOException>(() => b.ApplyAsync(_app, async (blob, transaction, _) =>
        {
            await InsertAsync(blob, transaction);
            if (blob.Sequence == 4) throw new IOException("the app's fault");
        }, blobsMax: 2, cancellationToken: TestContext.Current.CancellationToken));
        Assert.Equal(["1/1", "1/2"], Log());
        Assert.Equal(2UL, b.Status.Received.Value);
        await ApplyUntilAsync(b, 2, () => b.Status.Received.Value == 6);
        Assert.Equal(Enumerable.Range(1, 6).Select(i => $"1/{i}"), Log());
    }

    [Fact]
    public async Task Marks_are_few_and_superfluous_ones_go_at_the_next_start()
    {
        await using var rig = new Rig();
        foreach (var (id, sequence, envelope) in rig.Sealed(1, 50)) rig.Relay.Append(Rig.Id(1), sequence, id, envelope);
        var store = new MemoryStateStore();
        await using (var b = rig.Start(2, store)) await ApplyUntilAsync(b, 5, () => b.Status.Received.Value == 50);
        Assert.InRange(Marks(), 0, 10);
        await using (var b = rig.Start(2, store)) await ApplyUntilAsync(b, 5, () => true);
        Assert.Equal(0, Marks());
        Assert.Equal(50, Log().Count);
    }

    private static string Text(ReceivedBlob blob) => Encoding.UTF8.GetString(blob.Payload.Span);

    private async Task ApplyUntilAsync(SyncClient client, int blobsMax, Func<bool> isDone)
    {
        using var end = Rig.Patience();
        var applying = client.ApplyAsync(_app, async (blob, transaction, _) => await InsertAsync(blob, transaction), blobsMax, end.Token);
        await Rig.UntilAsync(isDone, "all applied");
        await end.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => applying);
    }

    private static async Task InsertAsync(ReceivedBlob blob, DbTransaction transaction)
    {
        await using var insert = ((SqliteTransaction)transaction).Connection!.CreateCommand();
        insert.Transaction = (SqliteTransaction)transaction;
        insert.CommandText = "INSERT INTO log (text) VALUES ($text)";
        insert.Parameters.AddWithValue("$text", Text(blob));
        await insert.ExecuteNonQueryAsync();
    }

    private List<string> Log()
    {
        using var query = _app.CreateCommand();
        query.CommandText = "SELECT text FROM log ORDER BY number";
        using var reader = query.ExecuteReader();
        var texts = new List<string>();
        while (reader.Read()) texts.Add(reader.GetString(0));
        return texts;
    }

    private long Marks()
    {
        using var query = _app.CreateCommand();
        query.CommandText = "SELECT count(*) FROM zerok_applied";
        return Convert.ToInt64(query.ExecuteScalar(), CultureInfo.InvariantCulture);
    }
}
