using Xunit;
using ZeroK.Grains.Groups;
using ZeroK.Wire;

namespace ZeroK.Relay.Tests.Groups;

/// <summary>What an entry costs. Runs alone: the memory that it measures is the whole process's.</summary>
[Collection(nameof(RunsAlone))]
public sealed class EntryCostTests
{
    // An entry cost 214 bytes of memory and counted 129.
    [Fact]
    public void Entry_counts_at_least_what_it_costs()
    {
        const int Entries = 50_000;
        var group = new StateDriver(o => (o.GroupBytesMax, o.InFlightBlobsMax) = (1L << 30, 65_536));
        group.Join(1);
        var body = new byte[1];
        for (var i = 0; i < 3; i++) GC.Collect();
        var before = GC.GetTotalMemory(forceFullCollection: true);
        for (ulong i = 1; i <= Entries; i++) Assert.Equal(ErrorCode.None, group.State.Push(StateDriver.Device(1), [StateDriver.Item(i) with { Envelope = body }], group.NowMs).Results[0].Code);
        group.State.Committed(group.State.TakeCommit()!);
        var cost = (GC.GetTotalMemory(forceFullCollection: true) - before) / (double)Entries;
        Assert.InRange(cost, 64, GroupOptions.EntryOverheadBytes + 1);
        Assert.Equal(Entries * (GroupOptions.EntryOverheadBytes + 1L), group.State.UsedBytes);
        Assert.True(group.State.Use.MemoryBytes >= cost * Entries, $"{cost} bytes an entry.");
        GC.KeepAlive(group);
    }
}

/// <summary>Tests that measure the process run beside no others.</summary>
[CollectionDefinition(nameof(RunsAlone), DisableParallelization = true)]
public sealed class RunsAlone;
