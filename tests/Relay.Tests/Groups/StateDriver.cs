using System.Security.Cryptography;
using Xunit;
using ZeroK.GrainContracts;
using ZeroK.Grains.Groups;
using ZeroK.Grains.Storage;
using ZeroK.Wire;

namespace ZeroK.Relay.Tests.Groups;

/// <summary>A <see cref="GroupState"/> with a store under it and a clock that the test moves.</summary>
internal sealed class StateDriver
{
    private static readonly byte[] Key = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];
    private readonly MemoryDisk _disk = new();
    private readonly MemoryGroupStore _store;
    private readonly Guid _group = Guid.NewGuid();

    public StateDriver(Action<GroupOptions>? configure = null)
    {
        _store = new MemoryGroupStore(_disk);
        configure?.Invoke(Options);
        State = GroupState.Create(_group, new byte[16], Key, Options);
    }

    public GroupOptions Options { get; } = new();

    public GroupState State { get; private set; }

    public ulong NowMs { get; set; } = 1_000_000_000;

    public static DeviceId Device(int number) => new([.. BitConverter.GetBytes(number), .. new byte[28]]);

    public static PushItem Item(ulong sequence, int bytes = 100) => new(RandomNumberGenerator.GetBytes(BlobId.Size), sequence, new byte[bytes]);

    public HelloDecision Join(int device, bool commit = true)
    {
        var decision = State.Hello(Device(device), Key, [], NowMs);
        if (commit) Commit();
        return decision;
    }

    public HelloDecision JoinWith(int device, byte[] key) => State.Hello(Device(device), key, [], NowMs);

    public PushDecision Push(int device, params PushItem[] items)
    {
        var decision = State.Push(Device(device), items, NowMs);
        Commit();
        return decision;
    }

    public ErrorCode Block(int device) => State.Revoke(Device(device), NowMs);

    /// <summary>What the store has of the group.</summary>
    public GroupRow Row => Stored.Row;

    /// <summary>The rows of devices in the store.</summary>
    public IReadOnlyList<DeviceRow> Rows => Stored.Devices;

    public void Expire()
    {
        State.Expire(NowMs, int.MaxValue);
        Commit();
    }

    public ErrorCode Ack(int device, ulong through) => State.Ack(Device(device), new Cursor(through));

    public PageDecision Pull(int device, ulong after = 0, uint maxBlobs = 100, uint maxBytes = 1 << 22) => State.Pull(Device(device), new Cursor(after), maxBlobs, maxBytes);

    public IEnumerable<(ulong Cursor, BlobState State)> Page(int device, ulong after = 0) => Pull(device, after).Entries.Select(e => (e.Cursor.Value, e.State));

    public void Commit()
    {
        if (State.TakeCommit() is not { } commit) return;
        Assert.True(Now(_store.CommitAsync(commit, CancellationToken.None)), "The only owner is never fenced.");
        State.Committed(commit);
    }

    /// <summary>A new owner loads the group; what was not committed is lost.</summary>
    public void Restart() => State = GroupState.Load(_group, Now(_store.TakeOverAsync(_group, CancellationToken.None))!, Options);

    /// <summary>Bodies in the store of the cursors from 1 to <paramref name="last"/>.</summary>
    public IReadOnlyList<ulong> StoredBodies(ulong last) =>
        [.. Now(_store.ReadBodiesAsync(_group, [.. Enumerable.Range(1, (int)last).Select(c => new Cursor((ulong)c))], CancellationToken.None)).Select(b => b.Cursor.Value)];

    private GroupSnapshot Stored => _disk.Snapshot(_group);

    // The in-memory store answers at once.
    private static T Now<T>(ValueTask<T> answer) => answer.AsTask().GetAwaiter().GetResult();
}
