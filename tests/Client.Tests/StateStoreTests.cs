using Xunit;
using ZeroK.Client.Store;
using ZeroK.Client.Tests.Fakes;
using ZeroK.Wire;

namespace ZeroK.Client.Tests;

/// <summary>What every state store does. A new one is a class with three lines.</summary>
public abstract class StateStoreTests
{
    private static readonly byte[] Relay = [.. Enumerable.Repeat((byte)4, 32)];

    /// <summary>Opens the store; called again it must find what was made durable.</summary>
    private protected abstract IStateStore Open();

    [Fact]
    public void Fresh_store_is_empty()
    {
        using var store = Open();
        var state = store.Load();
        Assert.Equal((0UL, 0L, 0UL), (state.LastSequence, state.OutboxBlobs, state.OutboxFirst));
        Assert.Equal(new byte[32], state.LastHash);
        Assert.Empty(state.Peers);
        Assert.True(state.Relay(Relay).LogId.IsEmpty);
    }

    [Fact]
    public void Outbox_and_chain_move_together_and_survive_reopening()
    {
        using (var store = Open()) store.Append([Entry(1), Entry(2), Entry(3)], Hash(3));
        using (var store = Open())
        {
            var state = store.Load();
            Assert.Equal((3UL, 3L, 1UL, 6L), (state.LastSequence, state.OutboxBlobs, state.OutboxFirst, state.OutboxBytes));
            Assert.Equal(Hash(3), state.LastHash);
            store.SaveDelivery(new DeliveryState(Relay, 2, IsGivenUp: false), removeThrough: 2);
        }

        using var again = Open();
        Assert.Equal(3UL, again.Load().OutboxFirst);
        var left = Assert.Single(again.ReadOutbox(1, 10, 100));
        Assert.Equal((3UL, Entry(3).Id), (left.Sequence, left.Id));
        Assert.Equal(Entry(3).Envelope.ToArray(), left.Envelope.ToArray());
    }

    [Fact]
    public void What_a_relay_has_that_this_state_does_not_know_survives_reopening_and_can_be_taken_back()
    {
        using (var store = Open()) store.SaveRelay(new RelayState(Relay) { Foreign = 7, Trimmed = 3 });
        using (var store = Open())
        {
            Assert.Equal((7UL, 3UL), (store.Load().Relay(Relay).Foreign, store.Load().Relay(Relay).Trimmed));
            store.SaveRelay(store.Load().Relay(Relay) with { Foreign = 0 });
        }

        using var again = Open();
        Assert.Equal((0UL, 3UL), (again.Load().Relay(Relay).Foreign, again.Load().Relay(Relay).Trimmed));
    }

    [Fact]
    public void What_was_taken_from_the_app_is_noted_with_it_until_it_is_forgotten()
    {
        using (var store = Open()) store.Append([Entry(1), Entry(2) with { IsTaken = true }, Entry(3) with { IsTaken = true }], Hash(3));
        using (var store = Open())
        {
            Assert.Equal([Entry(2).Id.Reveal(), Entry(3).Id.Reveal()], store.Load().Taken.Select(t => t.Reveal()).Order());
            store.SaveDelivery(new DeliveryState(Relay, 3, IsGivenUp: false), removeThrough: 3);
            store.ForgetTaken([Entry(2).Id, Entry(9).Id]);
        }

        using var again = Open();
        Assert.Equal(Entry(3).Id, Assert.Single(again.Load().Taken));
    }

    [Fact]
    public void A_need_of_state_is_kept_until_it_is_met()
    {
        using (var store = Open()) store.CommitInbound([], [new StateNeeded(new Cursor(7))]);
        using (var store = Open())
        {
            Assert.Equal(new Cursor(7), store.Load().NeedsState);
            store.CommitInbound([], [new StateNeeded(Cursor.Zero)]);
        }

        using var again = Open();
        Assert.Equal(Cursor.Zero, again.Load().NeedsState);
    }

    [Fact]
    public void Failed_append_leaves_nothing()
    {
        using var store = Open();
        store.Append([Entry(1)], Hash(1));
        Assert.ThrowsAny<Exception>(() => store.Append([Entry(2), Entry(2)], Hash(2)));
        if (store is SqliteStateStore) Assert.Equal((1UL, 1L), (store.Load().LastSequence, store.Load().OutboxBlobs));
    }

    [Fact]
    public void Outbox_is_read_in_order_within_both_limits_and_at_least_one()
    {
        using var store = Open();
        store.Append([.. Enumerable.Range(1, 9).Select(i => Entry((ulong)i))], Hash(9));
        Assert.Equal([4UL, 5UL], store.ReadOutbox(4, 2, 100).Select(e => e.Sequence));
        Assert.Equal([1UL, 2UL, 3UL], store.ReadOutbox(1, 9, 6).Select(e => e.Sequence));
        Assert.Equal([5UL], store.ReadOutbox(5, 9, 1).Select(e => e.Sequence));
        Assert.Empty(store.ReadOutbox(10, 9, 100));
    }

    [Fact]
    public void Cursor_vector_ahead_set_and_quarantine_move_in_one_step()
    {
        var (device, other) = (Rig.Id(1), Rig.Id(2));
        var kept = new QuarantinedBlob(Relay, new Cursor(4), new BlobId(new byte[16]), other, 2, UndecryptableReason.WrongKeyOrTampered, new byte[] { 1, 2 });
        using (var store = Open())
        {
            store.CommitInbound(
                [new RelayState(Relay) { LogId = new byte[16], Received = new Cursor(5), Head = new Cursor(7), JoinedAt = new Cursor(2), Trimmed = 6 }],
                [new PeerChanged(device, new PeerState(3, Hash(3), Rebase: true)), new AheadAdded(new AheadState(device, 5, Hash(5), Hash(4))), new AheadAdded(new AheadState(device, 9, Hash(9), Hash(8))), new QuarantineAdded(kept)]);
        }

        using (var store = Open())
        {
            var state = store.Load();
            var relay = state.Relay(Relay);
            Assert.Equal((new Cursor(5), new Cursor(7), new Cursor(2), 6UL), (relay.Received, relay.Head, relay.JoinedAt, relay.Trimmed));
            Assert.Equal((3UL, true), (state.Peers[device].Contiguous, state.Peers[device].Rebase));
            Assert.Equal([5UL, 9UL], state.Ahead.Select(a => a.Sequence));
            Assert.Equal(new Cursor(4), Assert.Single(state.Quarantine).Cursor);
            Assert.Equal([1, 2], Assert.Single(store.ReadQuarantine()).Envelope.ToArray());
            store.CommitInbound([], [new PeerChanged(device, new PeerState(5, Hash(5), Rebase: false)), new QuarantineRemoved(kept.Relay, kept.Cursor, kept.Id)]);
        }

        using var again = Open();
        Assert.Equal([9UL], again.Load().Ahead.Select(a => a.Sequence));
        Assert.Empty(again.ReadQuarantine());
        Assert.Equal(new Cursor(5), again.Load().Relay(Relay).Received);
    }

    [Fact]
    public void Row_of_the_quarantine_keeps_its_hash_and_that_it_was_released()
    {
        var whole = new QuarantinedBlob(Relay, new Cursor(4), new BlobId(new byte[16]), Rig.Id(2), 2, UndecryptableReason.WrongKeyOrTampered, new byte[] { 1, 2 });
        var hashed = whole with { Cursor = new Cursor(5), Envelope = default, Bytes = 0, Hash = Hash(9) };
        using (var store = Open()) store.CommitInbound([], [new QuarantineAdded(whole), new QuarantineAdded(hashed), new QuarantineReleased(Relay, hashed.Cursor, hashed.Id), new QuarantineReleased(Relay, new Cursor(77), hashed.Id)]);
        using var again = Open();
        Assert.Equal([(2L, true, 0), (0L, false, 32)], again.Load().Quarantine.Select(q => (q.Bytes, q.Holds, q.Hash.Length)));
        Assert.Equal([2, 0], again.ReadQuarantine().Select(q => q.Envelope.Length));
    }

    [Fact]
    public void Each_relay_has_its_own_place_in_the_outbox()
    {
        byte[] other = [.. Enumerable.Repeat((byte)5, 32)];
        using (var store = Open())
        {
            store.Append([.. Enumerable.Range(1, 5).Select(i => Entry((ulong)i))], Hash(5));
            store.SaveDelivery(new DeliveryState(Relay, 4, IsGivenUp: false), removeThrough: 2);
            store.SaveDelivery(new DeliveryState(other, 2, IsGivenUp: true), removeThrough: 2);
        }

        using var again = Open();
        var state = again.Load();
        Assert.Equal((4UL, false, 1L, 2L), Parts(state.Delivery(Relay)));
        Assert.Equal((2UL, true, 3L, 6L), Parts(state.Delivery(other)));

        // A relay that is new gets what is still there.
        Assert.Equal((2UL, false, 3L, 6L), Parts(state.Delivery(new byte[32])));

        static (ulong, bool, long, long) Parts(DeliveryState d) => (d.Through, d.IsGivenUp, d.PendingBlobs, d.PendingBytes);
    }

    [Fact]
    public void What_a_relay_showed_of_a_device_is_kept_by_relay()
    {
        using (var store = Open()) store.CommitInbound([], [new SeenChanged(new SeenState(Relay, Rig.Id(1), 3)), new SeenChanged(new SeenState(Relay, Rig.Id(1), 4)), new SeenChanged(new SeenState(new byte[32], Rig.Id(1), 1))]);
        using var again = Open();
        Assert.Equal([1UL, 4UL], again.Load().Seen.Select(s => s.Sequence).Order());
    }

    private static OutboxEntry Entry(ulong sequence) => new(sequence, new BlobId([.. new byte[15], (byte)sequence]), new byte[] { (byte)sequence, 1 });

    private static byte[] Hash(byte value) => [.. Enumerable.Repeat(value, 32)];
}

public sealed class MemoryStateStoreTests : StateStoreTests, IDisposable
{
    private readonly MemoryStateStore _store = new();

    private protected override IStateStore Open() => _store;

    public void Dispose() => _store.Dispose();
}

public sealed class SqliteStateStoreTests : StateStoreTests, IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("zerok-client-").FullName;

    private protected override IStateStore Open() => new SqliteStateStore(Path.Combine(_folder, "state.db"));

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    // A copy of the files as they are in the middle, as after kill -9: what returned is in it.
    [Fact]
    public void What_returned_is_in_the_files_at_once()
    {
        using var store = Open();
        for (ulong i = 1; i <= 20; i++) store.Append([new OutboxEntry(i, BlobId.New(), new byte[] { 1 })], new byte[32]);
        var copy = Directory.CreateDirectory(Path.Combine(_folder, "copy")).FullName;
        foreach (var file in Directory.GetFiles(_folder)) File.Copy(file, Path.Combine(copy, Path.GetFileName(file)));
        using var killed = new SqliteStateStore(Path.Combine(copy, "state.db"));
        Assert.Equal(20UL, killed.Load().LastSequence);
    }

    [Fact]
    public void Newer_and_foreign_databases_are_refused()
    {
        Open().Dispose();
        Change("PRAGMA user_version = 4");
        Assert.Equal(DeviceProblem.OtherVersion, Assert.Throws<DeviceException>(Open).Problem);
        Change("PRAGMA application_id = 77");
        Assert.Equal(DeviceProblem.Damaged, Assert.Throws<DeviceException>(Open).Problem);
    }

    // The tables of the first version, word for word.
    [Theory]
    [InlineData("INSERT INTO outbox VALUES (8, x'00000000000000000000000000000008', x'0102'), (9, x'00000000000000000000000000000009', x'0102')", 7, 2)]
    [InlineData("SELECT 1", 9, 0)]
    public void State_of_version_1_is_carried_over(string outbox, ulong delivered, long pending)
    {
        var path = Path.Combine(_folder, "state.db");
        File.WriteAllBytes(path, []);
        Change($"""
            CREATE TABLE device (one INTEGER PRIMARY KEY CHECK (one = 1), last_sequence INTEGER NOT NULL, last_hash BLOB NOT NULL);
            INSERT INTO device VALUES (1, 9, zeroblob(32));
            CREATE TABLE outbox (sequence INTEGER PRIMARY KEY, blob_id BLOB NOT NULL, envelope BLOB NOT NULL);
            CREATE TABLE relay (id BLOB PRIMARY KEY, log_id BLOB NOT NULL, received INTEGER NOT NULL, head INTEGER NOT NULL, joined_at INTEGER NOT NULL) WITHOUT ROWID;
            CREATE TABLE peer (device BLOB PRIMARY KEY, contiguous INTEGER NOT NULL, last_hash BLOB NOT NULL, rebase INTEGER NOT NULL) WITHOUT ROWID;
            CREATE TABLE ahead (device BLOB, sequence INTEGER, hash BLOB NOT NULL, previous BLOB NOT NULL, PRIMARY KEY (device, sequence)) WITHOUT ROWID;
            CREATE TABLE quarantine (relay BLOB NOT NULL, cursor INTEGER NOT NULL, blob_id BLOB NOT NULL, sender BLOB NOT NULL, sequence INTEGER NOT NULL, reason INTEGER NOT NULL, envelope BLOB NOT NULL, PRIMARY KEY (relay, cursor, blob_id));
            INSERT INTO relay VALUES (x'{Convert.ToHexString(Enumerable.Repeat((byte)4, 32).ToArray())}', zeroblob(16), 5, 6, 1);
            {outbox};
            PRAGMA application_id=810242884; PRAGMA user_version=1;
            """);
        for (var i = 0; i < 2; i++)
        {
            using var store = Open();
            var state = store.Load();
            Assert.Equal((9UL, new Cursor(5), 0UL, 0UL), (state.LastSequence, state.Relay(Enumerable.Repeat((byte)4, 32).ToArray()).Received, state.Relays[0].Trimmed, state.Relays[0].Foreign));
            Assert.Equal((delivered, pending), (state.Deliveries[0].Through, state.Deliveries[0].PendingBlobs));
        }
    }

    private void Change(string sql)
    {
        using var connection = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={Path.Combine(_folder, "state.db")};Pooling=False");
        connection.Open();
        SqliteSchema.Execute(connection, sql);
    }
}
