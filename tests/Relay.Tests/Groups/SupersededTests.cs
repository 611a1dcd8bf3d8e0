using System.Security.Cryptography;
using Xunit;
using ZeroK.Grains.Groups;
using ZeroK.Grains.Storage;
using ZeroK.Wire;

namespace ZeroK.Relay.Tests.Groups;

/// <summary>An activation that was superseded without knowing it refuses nobody for good: what a caller says that doesn't fit may have happened at its successor.</summary>
public sealed class SupersededTests(RelayCluster relay) : IClassFixture<RelayCluster>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Push_that_follows_one_made_elsewhere_is_taken_when_repeated()
    {
        var group = relay.NewGroup();
        var device = await group.JoinAsync();
        Assert.Equal(1UL, (await group.PushAsync(device, TestGroup.Item(1))).Results.Single().Cursor);
        await AppendElsewhereAsync(group, device, sequence: 2);

        var item = TestGroup.Item(3);
        Assert.Equal(ErrorCode.RelayOverloaded, (await group.PushAsync(device, item)).Code);
        Assert.Equal(3UL, await UntilAsync(async () => (await group.PushAsync(device, item)) is { Code: ErrorCode.None } reply ? reply.Results.Single().Cursor : 0));
    }

    [Fact]
    public async Task Push_that_the_owner_refuses_stays_refused()
    {
        var group = relay.NewGroup();
        var device = await group.JoinAsync();
        Assert.Equal(1UL, (await group.PushAsync(device, TestGroup.Item(1))).Results.Single().Cursor);
        Assert.Equal(ErrorCode.OutOfOrder, (await group.PushAsync(device, TestGroup.Item(3))).Results.Single().Code);
        Assert.Equal(ErrorCode.SequenceConflict, (await group.PushAsync(device, TestGroup.Item(1))).Results.Single().Code);
        Assert.Equal(2UL, (await group.PushAsync(device, TestGroup.Item(2))).Results.Single().Cursor);
    }

    [Fact]
    public async Task Acknowledgement_of_what_was_read_elsewhere_is_no_error()
    {
        var group = relay.NewGroup();
        var (reader, pusher) = (await group.JoinAsync(), await group.JoinAsync());
        await AppendElsewhereAsync(group, pusher, sequence: 1);
        Assert.Equal(ErrorCode.RelayOverloaded, (await group.AckAsync(reader, 1)).Code);
        Assert.Equal(1UL, await UntilAsync(async () => (await group.AckAsync(reader, 1)).Code == ErrorCode.None ? 1UL : 0));
        Assert.Equal(ErrorCode.InvalidMessage, (await group.AckAsync(reader, 2)).Code);
    }

    [Fact]
    public async Task Delete_of_what_was_pushed_elsewhere_is_not_acknowledged_without_being_done()
    {
        var group = relay.NewGroup();
        var (reader, pusher) = (await group.JoinAsync(), await group.JoinAsync());
        var blob = await AppendElsewhereAsync(group, pusher, sequence: 1);
        Assert.Equal(ErrorCode.RelayOverloaded, (await group.DeleteAsync(pusher, blob)).Code);
        Assert.Equal(1UL, await UntilAsync(async () => (await group.DeleteAsync(pusher, blob)).Code == ErrorCode.None ? 1UL : 0));
        Assert.DoesNotContain((await group.PullAsync(reader, 0)).Blobs, b => b.State == BlobState.Present);
    }

    [Fact]
    public async Task Device_that_joined_elsewhere_can_be_revoked()
    {
        var group = relay.NewGroup();
        var member = await group.JoinAsync();
        var late = RandomNumberGenerator.GetBytes(DeviceId.Size);
        var (other, snapshot) = await TakeOverAsync(group);
        Assert.True(await other.CommitAsync(new GroupCommit(group.Id, snapshot.Epoch, snapshot.Row.LastCursor, snapshot.Row, [], [RowOf(late)], []), CancellationToken.None));
        Assert.Equal(ErrorCode.RelayOverloaded, (await group.RevokeAsync(member, late)).Code);
        Assert.Equal(1UL, await UntilAsync(async () => (await group.RevokeAsync(member, late)).Code == ErrorCode.None ? 1UL : 0));
        Assert.Equal(ErrorCode.InvalidMessage, (await group.RevokeAsync(member, RandomNumberGenerator.GetBytes(DeviceId.Size))).Code);
    }

    [Fact]
    public async Task Device_for_which_room_was_made_elsewhere_is_admitted()
    {
        var group = relay.NewGroup();
        await group.JoinAsync();
        var most = new GroupOptions().DevicesMax;
        for (var i = 1; i < most; i++) await group.JoinAsync();
        var late = RandomNumberGenerator.GetBytes(DeviceId.Size);
        Assert.Equal(ErrorCode.TooManyDevices, (await group.HelloAsync(late)).Code);

        var (other, snapshot) = await TakeOverAsync(group);
        Assert.True(await other.CommitAsync(new GroupCommit(group.Id, snapshot.Epoch, snapshot.Row.LastCursor, snapshot.Row, [], [snapshot.Devices[0] with { Revoked = true }], []), CancellationToken.None));
        Assert.Equal(ErrorCode.RelayOverloaded, (await group.HelloAsync(late)).Code);
        Assert.Equal(1UL, await UntilAsync(async () => (await group.HelloAsync(late)).Code == ErrorCode.None ? 1UL : 0));
    }

    // Another owner, at another silo: takes the group over and appends a blob, which the silo under test does not know.
    private async Task<byte[]> AppendElsewhereAsync(TestGroup group, byte[] device, ulong sequence)
    {
        var (other, snapshot) = await TakeOverAsync(group);
        var next = snapshot.Row.LastCursor.Next;
        var theirs = new Append(next, new DeviceId(device), sequence, BlobId.New(), 1, new byte[] { 1 });
        Assert.True(await other.CommitAsync(new GroupCommit(group.Id, snapshot.Epoch, snapshot.Row.LastCursor, snapshot.Row with { LastCursor = next }, [theirs], [], []), CancellationToken.None));
        return theirs.Blob.ToArray();
    }

    private async Task<(MemoryGroupStore Store, GroupSnapshot Snapshot)> TakeOverAsync(TestGroup group)
    {
        var other = new MemoryGroupStore(relay.Disk);
        return (other, (await other.TakeOverAsync(group.Id, CancellationToken.None))!);
    }

    private static DeviceRow RowOf(byte[] device) => new(new DeviceId(device), [], 1, 1, Cursor.Zero, 0, 0, null, false);

    // The superseded activation goes, and the next call finds another.
    private static async Task<ulong> UntilAsync(Func<Task<ulong>> ask)
    {
        using var late = new CancellationTokenSource(Patience);
        while (true)
        {
            if (await ask() is var answer and not 0) return answer;
            await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System, late.Token);
        }
    }
}
