using System.Security.Cryptography;
using Xunit;
using ZeroK.Grains.Storage;
using ZeroK.Wire;

namespace ZeroK.Relay.Tests.Storage;

/// <summary>What every <see cref="IGroupStore"/> promises. A new store is a class that says how to open one.</summary>
public abstract partial class GroupStoreTests : IAsyncLifetime
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    protected IGroupStore Store { get; private set; } = null!;

    /// <summary>Opens the store on the test's own data.</summary>
    protected abstract ValueTask<IGroupStore> OpenAsync();

    /// <summary>Closes what was opened last and opens it again on the same data, as after a restart.</summary>
    protected abstract ValueTask<IGroupStore> ReopenAsync();

    public async ValueTask InitializeAsync() => Store = await OpenAsync();

    public abstract ValueTask DisposeAsync();

    [Fact]
    public async Task Secret_is_made_once_and_survives_a_restart()
    {
        var secret = await Store.GetRelaySecretAsync(Stop);
        Assert.Equal(32, secret.Length);
        Assert.Contains(secret, b => b != 0);
        Assert.Equal(secret, await Store.GetRelaySecretAsync(Stop));
        Store = await ReopenAsync();
        Assert.Equal(secret, await Store.GetRelaySecretAsync(Stop));
    }

    [Fact]
    public async Task Unknown_group_has_no_snapshot_and_takes_no_commit()
    {
        var group = Guid.NewGuid();
        Assert.Null(await Store.TakeOverAsync(group, Stop));
        Assert.False(await Store.CommitAsync(Commits.Append(group, 1, 0, "a"), Stop));
        Assert.Null(await Store.TakeOverAsync(group, Stop));
    }

    [Fact]
    public async Task Created_group_is_owned_with_epoch_one_and_comes_back_whole()
    {
        var group = await CreateAsync();
        Assert.True(await Store.CommitAsync(Commits.Append(group, 1, 0, "one", "", "three"), Stop));
        Store = await ReopenAsync();

        var snapshot = await Store.TakeOverAsync(group, Stop);
        Assert.NotNull(snapshot);
        Assert.Equal(2UL, snapshot.Epoch);
        Assert.Equal(new Cursor(3), snapshot.Row.LastCursor);
        Assert.Equal(Commits.LogId, snapshot.Row.LogId);
        Assert.Equal(Commits.AdmissionKey, snapshot.Row.AdmissionHash);
        Assert.Equal([1UL, 2, 3], snapshot.Entries.Select(e => e.Cursor.Value));
        Assert.Equal([3, 0, 5], snapshot.Entries.Select(e => e.BodyBytes));
        Assert.All(snapshot.Entries, e => Assert.Equal((Commits.Sender, BlobState.Present, 1000 + e.Cursor.Value), (e.Sender, e.State, e.ReceivedAtMs)));
        Assert.Equal(["one", "", "three"], await TextsAsync(group, 1, 2, 3));
    }

    [Fact]
    public async Task Admission_key_is_the_last_commits()
    {
        var group = await CreateAsync();
        var append = Commits.Append(group, 1, 0, "x");
        var key = RandomNumberGenerator.GetBytes(32);
        Assert.True(await Store.CommitAsync(append with { Row = append.Row with { AdmissionHash = key } }, Stop));
        await Store.TakeOverAsync(group, Stop);
        Store = await ReopenAsync();
        Assert.Equal(key, (await Store.TakeOverAsync(group, Stop))!.Row.AdmissionHash);
    }

    [Fact]
    public async Task Device_rows_are_inserted_and_replaced()
    {
        var group = await CreateAsync();
        var other = new DeviceId(RandomNumberGenerator.GetBytes(32));
        DeviceRow[] rows = [Commits.Device(Commits.Sender) with { Acked = new Cursor(1), FirstSequence = 4, LastSequence = 9, LastBlob = BlobId.New(), SealedName = [1, 2] }, Commits.Device(other) with { Revoked = true, LastSeenMs = 77 }];
        Assert.True(await Store.CommitAsync(Commits.Append(group, 1, 0, "x") with { Devices = rows }, Stop));
        Store = await ReopenAsync();
        var kept = (await Store.TakeOverAsync(group, Stop))!.Devices;
        Assert.Equal(2, kept.Count);
        foreach (var row in rows)
        {
            var same = Assert.Single(kept, d => d.Id == row.Id);
            Assert.Equal(row.SealedName, same.SealedName);
            Assert.Equal(row with { SealedName = [] }, same with { SealedName = row.SealedName } with { SealedName = [] }, SameRow);
        }
    }

    [Fact]
    public async Task Group_is_created_by_one_of_two_at_once()
    {
        var group = Guid.NewGuid();
        var taken = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => Store.CommitAsync(Commits.Create(group), Stop).AsTask())));
        Assert.Single(taken, t => t);
    }

    [Fact]
    public async Task Earlier_owner_is_fenced_for_good()
    {
        var group = await CreateAsync();
        var second = (await Store.TakeOverAsync(group, Stop))!;
        Assert.False(await Store.CommitAsync(Commits.Append(group, 1, 0, "old owner"), Stop));
        Assert.True(await Store.CommitAsync(Commits.Append(group, second.Epoch, 0, "new owner"), Stop));
        Assert.False(await Store.CommitAsync(Commits.Append(group, 1, 1, "old owner knows the cursor"), Stop));
        Assert.Equal(["new owner"], await TextsAsync(group, 1, 2));
    }

    [Fact]
    public async Task Wrong_expected_cursor_changes_nothing()
    {
        var group = await CreateAsync();
        Assert.True(await Store.CommitAsync(Commits.Append(group, 1, 0, "a"), Stop));
        var device = new DeviceId(RandomNumberGenerator.GetBytes(32));
        Assert.False(await Store.CommitAsync(Commits.Append(group, 1, 0, "twice") with { Devices = [Commits.Device(device)] }, Stop));
        Assert.False(await Store.CommitAsync(Commits.Append(group, 1, 5, "hole"), Stop));
        var snapshot = (await Store.TakeOverAsync(group, Stop))!;
        Assert.Equal(new Cursor(1), snapshot.Row.LastCursor);
        Assert.DoesNotContain(snapshot.Devices, d => d.Id == device);
    }

    [Fact]
    public async Task Commits_of_one_group_apply_in_the_order_of_the_calls()
    {
        var group = await CreateAsync();
        var waiting = Enumerable.Range(0, 500).Select(i => Store.CommitAsync(Commits.Append(group, 1, (ulong)i, $"{i}"), Stop).AsTask()).ToList();
        Assert.All(await Task.WhenAll(waiting), Assert.True);
        Assert.Equal(Enumerable.Range(0, 500).Select(i => $"{i}"), await TextsAsync(group, [.. Enumerable.Range(1, 500).Select(c => (ulong)c)]));
    }

    [Fact]
    public async Task Refused_group_does_not_fail_the_others_of_its_batch()
    {
        var good = await CreateAsync();
        var bad = await CreateAsync();
        var waiting = Enumerable.Range(0, 200).Select(i => (
            Good: Store.CommitAsync(Commits.Append(good, 1, (ulong)i, "g"), Stop).AsTask(),
            Bad: Store.CommitAsync(Commits.Append(bad, 99, (ulong)i, "b"), Stop).AsTask())).ToList();
        Assert.All(await Task.WhenAll(waiting.Select(w => w.Good)), Assert.True);
        Assert.All(await Task.WhenAll(waiting.Select(w => w.Bad)), Assert.False);
        Assert.Empty((await Store.TakeOverAsync(bad, Stop))!.Entries);
    }

    [Fact]
    public async Task Commits_of_one_group_that_change_the_same_rows_leave_the_last_one()
    {
        var group = await CreateAsync();
        var waiting = new List<Task<bool>>();
        for (ulong i = 0; i < 200; i++)
        {
            var commit = Commits.Append(group, 1, i, $"{i}");
            var row = commit.Row with { HistoryStart = new Cursor(1 + (i / 2)), ExpiredThrough = new Cursor(i / 2) };
            waiting.Add(Store.CommitAsync(commit with { Row = row, Devices = [Commits.Device(Commits.Sender) with { FirstSequence = 1, LastSequence = i + 1 }] }, Stop).AsTask());
        }

        Assert.All(await Task.WhenAll(waiting), Assert.True);
        Store = await ReopenAsync();
        var snapshot = (await Store.TakeOverAsync(group, Stop))!;
        Assert.Equal((200UL, 100UL, 99UL), (snapshot.Row.LastCursor.Value, snapshot.Row.HistoryStart.Value, snapshot.Row.ExpiredThrough.Value));
        Assert.Equal(200UL, Assert.Single(snapshot.Devices).LastSequence);
        Assert.Equal(Enumerable.Range(100, 101).Select(c => (ulong)c), snapshot.Entries.Select(e => e.Cursor.Value));
        Assert.Empty(await Store.FindExpiredAsync(1100, 10, Stop));
        Assert.Equal([group], await Store.FindExpiredAsync(1101, 10, Stop));
    }

    // Taking over and committing may share a transaction: the old owner's commits before it count, those after it don't.
    [Fact]
    public async Task Takeover_among_waiting_commits_fences_those_after_it()
    {
        var group = await CreateAsync();
        var before = Enumerable.Range(0, 50).Select(i => Store.CommitAsync(Commits.Append(group, 1, (ulong)i, "old"), Stop).AsTask()).ToList();
        var takeOver = Store.TakeOverAsync(group, Stop).AsTask();
        var after = Enumerable.Range(50, 50).Select(i => Store.CommitAsync(Commits.Append(group, 1, (ulong)i, "late"), Stop).AsTask()).ToList();
        Assert.All(await Task.WhenAll(before), Assert.True);
        Assert.All(await Task.WhenAll(after), Assert.False);
        var snapshot = (await takeOver)!;
        Assert.Equal((2UL, 50UL, 50), (snapshot.Epoch, snapshot.Row.LastCursor.Value, snapshot.Entries.Count));
        Assert.True(await Store.CommitAsync(Commits.Append(group, 2, 50, "new"), Stop));
    }

    [Fact]
    public async Task Reader_never_sees_a_cursor_before_a_lower_one()
    {
        var group = await CreateAsync();
        const int Count = 300;
        Cursor[] all = [.. Enumerable.Range(1, Count).Select(c => new Cursor((ulong)c))];
        var writing = Task.Run(async () =>
        {
            for (ulong i = 0; i < Count; i += 3) Assert.True(await Store.CommitAsync(Commits.Append(group, 1, i, "a", "b", "c"), Stop));
        });
        int seen;
        do
        {
            var bodies = await Store.ReadBodiesAsync(group, all, Stop);
            seen = bodies.Count;
            Assert.Equal(all.Take(seen), bodies.Select(b => b.Cursor));
            Assert.Equal(0, seen % 3);
        }
        while (seen < Count && !writing.IsFaulted);
        await writing;
    }

    [Fact]
    public async Task Dropped_body_leaves_a_stub()
    {
        var group = await CreateAsync();
        Assert.True(await Store.CommitAsync(Commits.Append(group, 1, 0, "a", "b", "c"), Stop));
        Assert.True(await Store.CommitAsync(Commits.Append(group, 1, 3) with { Dropped = [(new Cursor(2), BlobState.Forgotten), (new Cursor(3), BlobState.Deleted)] }, Stop));
        Assert.Equal(["a"], await TextsAsync(group, 1, 2, 3));
        Store = await ReopenAsync();
        var entries = (await Store.TakeOverAsync(group, Stop))!.Entries;
        Assert.Equal([BlobState.Present, BlobState.Forgotten, BlobState.Deleted], entries.Select(e => e.State));
        Assert.Equal([1, 0, 0], entries.Select(e => e.BodyBytes));
        Assert.Equal([1UL, 2, 3], entries.Select(e => e.Sequence));
    }

    [Fact]
    public async Task Last_cursor_stays_when_all_entries_are_gone()
    {
        var group = await CreateAsync();
        Assert.True(await Store.CommitAsync(Commits.Append(group, 1, 0, "a", "b"), Stop));
        var trimmed = Commits.Append(group, 1, 2);
        Assert.True(await Store.CommitAsync(trimmed with { Row = trimmed.Row with { HistoryStart = new Cursor(3), ExpiredThrough = new Cursor(2) } }, Stop));
        Store = await ReopenAsync();
        var snapshot = (await Store.TakeOverAsync(group, Stop))!;
        Assert.Empty(snapshot.Entries);
        Assert.Equal((new Cursor(2), new Cursor(3), new Cursor(2)), (snapshot.Row.LastCursor, snapshot.Row.HistoryStart, snapshot.Row.ExpiredThrough));
        Assert.False(await Store.CommitAsync(Commits.Append(group, snapshot.Epoch, 0, "old cursor again"), Stop));
        var next = Commits.Append(group, snapshot.Epoch, 2, "c");
        Assert.True(await Store.CommitAsync(next with { Row = next.Row with { HistoryStart = new Cursor(3) } }, Stop));
        Assert.Equal(["c"], await TextsAsync(group, 3));
    }

    [Fact]
    public async Task Expired_groups_are_those_that_keep_an_old_body()
    {
        var old = await CreateAsync();
        var young = await CreateAsync();
        var empty = await CreateAsync();
        Assert.True(await Store.CommitAsync(Commits.Append(old, 1, 0, "a", "b"), Stop));
        Assert.True(await Store.CommitAsync(Commits.Append(empty, 1, 0, "a"), Stop));
        Assert.True(await Store.CommitAsync(Commits.Append(empty, 1, 1) with { Dropped = [(new Cursor(1), BlobState.Forgotten)] }, Stop));
        var late = Commits.Append(young, 1, 0, "a");
        Assert.True(await Store.CommitAsync(late with { Appends = [late.Appends[0] with { ReceivedAtMs = 5000 }] }, Stop));

        // Bodies of the old group came at 1001 and 1002.
        Assert.Empty(await Store.FindExpiredAsync(1001, 10, Stop));
        Assert.Equal([old], await Store.FindExpiredAsync(1002, 10, Stop));
        Assert.Equal(new[] { old, young }.Order(), (await Store.FindExpiredAsync(6000, 10, Stop)).Order());
        Assert.Single(await Store.FindExpiredAsync(6000, 1, Stop));

        Assert.True(await Store.CommitAsync(Commits.Append(old, 1, 2) with { Dropped = [(new Cursor(1), BlobState.Forgotten)] }, Stop));
        Assert.Empty(await Store.FindExpiredAsync(1002, 10, Stop));
        Assert.Equal([old], await Store.FindExpiredAsync(1003, 10, Stop));
        var trimmed = Commits.Append(old, 1, 2);
        Assert.True(await Store.CommitAsync(trimmed with { Row = trimmed.Row with { HistoryStart = new Cursor(3) } }, Stop));
        Assert.Equal([young], await Store.FindExpiredAsync(6000, 10, Stop));
    }

    [Fact]
    public async Task Two_owners_at_once_never_both_get_a_cursor()
    {
        var group = await CreateAsync();
        var acknowledged = new System.Collections.Concurrent.ConcurrentBag<(ulong Cursor, string Body)>();
        async Task OwnAsync(int owner)
        {
            for (var round = 0; round < 40; round++)
            {
                var snapshot = (await Store.TakeOverAsync(group, Stop))!;
                var last = snapshot.Row.LastCursor.Value;
                Assert.Equal(last, (ulong)snapshot.Entries.Count);
                for (var i = 0; i < 5; i++)
                {
                    var body = $"{owner}/{round}/{i}";
                    if (!await Store.CommitAsync(Commits.Append(group, snapshot.Epoch, last, body), Stop)) break;
                    acknowledged.Add((++last, body));
                }
            }
        }

        await Task.WhenAll(Enumerable.Range(0, 4).Select(o => Task.Run(() => OwnAsync(o))));
        var byCursor = acknowledged.OrderBy(a => a.Cursor).ToList();
        Assert.Equal(Enumerable.Range(1, byCursor.Count).Select(i => (ulong)i), byCursor.Select(a => a.Cursor));
        Assert.Equal(byCursor.Select(a => a.Body), await TextsAsync(group, [.. byCursor.Select(a => a.Cursor)]));
    }

    [Fact]
    public async Task Many_writers_lose_nothing()
    {
        var groups = await Task.WhenAll(Enumerable.Range(0, 64).Select(_ => CreateAsync()));
        await Task.WhenAll(groups.Select(g => Task.Run(async () =>
        {
            for (ulong i = 0; i < 50; i++) Assert.True(await Store.CommitAsync(Commits.Append(g, 1, i, $"{g}{i}"), Stop));
        })));
        Store = await ReopenAsync();
        foreach (var g in groups)
            Assert.Equal(Enumerable.Range(0, 50).Select(i => $"{g}{i}"), await TextsAsync(g, [.. Enumerable.Range(1, 50).Select(c => (ulong)c)]));
    }

    [Fact]
    public async Task Commit_that_contradicts_itself_is_a_bug_and_throws()
    {
        var group = await CreateAsync();
        var commit = Commits.Append(group, 1, 0, "a", "b");
        await Assert.ThrowsAsync<ArgumentException>(async () => await Store.CommitAsync(commit with { Appends = [commit.Appends[1]] }, Stop));
        await Assert.ThrowsAsync<ArgumentException>(async () => await Store.CommitAsync(commit with { Appends = [commit.Appends[0] with { Sequence = ulong.MaxValue }, commit.Appends[1]] }, Stop));
        await Assert.ThrowsAsync<ArgumentException>(async () => await Store.CommitAsync(commit with { Row = commit.Row with { LastCursor = new Cursor(9) } }, Stop));
        Assert.True(await Store.CommitAsync(commit, Stop));
    }

    protected async Task<Guid> CreateAsync()
    {
        var group = Guid.NewGuid();
        Assert.True(await Store.CommitAsync(Commits.Create(group), Stop));
        return group;
    }

    protected async Task<List<string>> TextsAsync(Guid group, params ulong[] cursors) => await Commits.TextsAsync(Store, group, cursors);

    private static bool SameRow(DeviceRow a, DeviceRow b) =>
        (a.Id, a.FirstSeenMs, a.LastSeenMs, a.Acked, a.FirstSequence, a.LastSequence, a.LastBlob, a.Revoked) == (b.Id, b.FirstSeenMs, b.LastSeenMs, b.Acked, b.FirstSequence, b.LastSequence, b.LastBlob, b.Revoked);
}
