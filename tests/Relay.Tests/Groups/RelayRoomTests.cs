using Xunit;
using ZeroK.Grains.Groups;
using ZeroK.Grains.Storage;
using ZeroK.Wire;

namespace ZeroK.Relay.Tests.Groups;

/// <summary>What all groups use together is limited, whoever makes how many; and who takes much is refused before who takes little.</summary>
public sealed class RelayRoomTests
{
    private static readonly GroupOptions Options = new() { GroupsMax = 100, StoreBytesMax = 64 << 20, ActiveEntriesMax = 100_000, ActiveBytesMax = 16 << 20 };
    private readonly RelayRoom _room = new(Options);

    [Fact]
    public void Groups_are_limited_also_those_made_since_the_last_measuring()
    {
        _room.Measured(new StoreUsage(98, 0));
        Assert.Equal(ErrorCode.None, _room.MayCreate());
        _room.Created();
        _room.Created();
        Assert.Equal(ErrorCode.TooManyGroups, _room.MayCreate());
        _room.Measured(new StoreUsage(50, 0));
        Assert.Equal(ErrorCode.None, _room.MayCreate());
        _room.Measured(new StoreUsage(50, Options.StoreBytesMax / 2 + 1));
        Assert.Equal(ErrorCode.StorageFull, _room.MayCreate());
    }

    // As an attacker does it: one-byte blobs in ever more groups, each as large as it gets.
    [Theory]
    [InlineData(1, 1)]
    [InlineData(40, 256)]
    [InlineData(90, 1_000)]
    public void However_many_groups_push_the_limits_hold_and_a_small_group_still_pushes(int groups, int bodyBytes)
    {
        var small = _room.Take();
        small.Load(new GroupUse(1_000, 4, 9_000));
        var leases = Enumerable.Range(0, groups).Select(_ => _room.Take()).ToList();
        var more = new GroupUse(64 * (bodyBytes + GroupOptions.EntryOverheadBytes), 64, 64 * GroupOptions.EntryOverheadBytes);
        for (var grew = true; grew;)
        {
            grew = false;
            foreach (var lease in leases)
            {
                if (_room.MayGrow(lease.Use, more) != ErrorCode.None) continue;
                lease.Set(new GroupUse(lease.Use.StoreBytes + more.StoreBytes, lease.Use.Entries + more.Entries, lease.Use.MemoryBytes + more.MemoryBytes));
                grew = true;
            }
        }

        Assert.InRange(_room.Entries, 1, Options.ActiveEntriesMax);
        Assert.InRange(_room.MemoryBytes, 1, Options.ActiveBytesMax);
        Assert.InRange(_room.Stored.Bytes, 1, Options.StoreBytesMax);
        Assert.True(_room.IsTight);
        Assert.Contains(_room.MayGrow(leases[0].Use, more), new[] { ErrorCode.RelayOverloaded, ErrorCode.StorageFull });
        Assert.Equal(ErrorCode.None, _room.MayGrow(small.Use, new GroupUse(2_000, 4, 4 * GroupOptions.EntryOverheadBytes)));
        Assert.True(_room.MayLoad(small.Use));
        Assert.False(_room.MayLoad(new GroupUse(0, 0, Options.ActiveBytesMax / 8)));
    }

    [Fact]
    public void Memory_comes_back_when_a_group_leaves_it_and_the_disk_does_not()
    {
        var lease = _room.Take();
        lease.Load(new GroupUse(500, 1, 300));
        Assert.Equal((0L, 1L, 300L), (_room.Stored.Bytes, _room.Entries, _room.MemoryBytes));
        lease.Set(new GroupUse(1_500, 3, 900));
        Assert.Equal((1_000L, 3L, 900L), (_room.Stored.Bytes, _room.Entries, _room.MemoryBytes));
        lease.Dispose();
        lease.Dispose();
        lease.Set(new GroupUse(9, 9, 9));
        Assert.Equal((1_000L, 0L, 0L), (_room.Stored.Bytes, _room.Entries, _room.MemoryBytes));
    }

    [Fact]
    public void What_forgetting_frees_is_counted()
    {
        _room.Measured(new StoreUsage(1, 10_000));
        var lease = _room.Take();
        lease.Load(new GroupUse(8_000, 1, 300));
        lease.Set(new GroupUse(1_000, 1, 300));
        Assert.Equal(3_000, _room.Stored.Bytes);
    }
}
