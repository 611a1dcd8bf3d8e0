using System.Text;
using Xunit;
using ZeroK.Client.Store;
using ZeroK.Client.Tests.Fakes;
using ZeroK.Wire;

namespace ZeroK.Client.Tests;

/// <summary>A device whose directory is not the only one of it: noticed, said, also without a connection, and nothing is pushed.</summary>
public sealed class CopiedDeviceTests
{
    [Fact]
    public async Task State_restored_from_a_copy_is_noticed_and_pushes_nothing()
    {
        await using var rig = new Rig();
        foreach (var (id, sequence, envelope) in rig.Sealed(1, 5)) rig.Relay.Append(Rig.Id(1), sequence, id, envelope);
        var a = rig.Start(1);
        var noticed = await Rig.EventAsync<StateRestoredFromCopy>(a);
        Assert.Equal(5UL, noticed.RelaySequence);
        await Rig.UntilAsync(() => a.Status.OpenProblems.Count > 0, "the problem");
        await Assert.ThrowsAsync<SyncException>(() => a.PushAsync(Bytes("x")).AsTask());
        Assert.Empty(rig.Relay.Pushes);
        Assert.True(a.Status.IsCopy);
        AssertKnownOffline(rig, isCopy: true);
    }

    // Without a connection, from what is stored: also long after the client that noticed it has ended.
    private static void AssertKnownOffline(Rig rig, bool isCopy)
    {
        var status = StateReader.From(rig.StoreOf(1).Load(), Rig.Id(1), [Rig.Address]);
        Assert.Equal(isCopy, status.IsCopy);
        Assert.Equal(isCopy, status.OpenProblems.Any(p => p.Contains("Make a new device", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Copy_that_no_relay_speaks_of_any_more_is_forgotten()
    {
        await using var rig = new Rig();
        var blobs = rig.Sealed(1, 5);
        foreach (var (id, sequence, envelope) in blobs) rig.Relay.Append(Rig.Id(1), sequence, id, envelope);
        var store = new MemoryStateStore();
        await using (var a = rig.Start(1, store)) await Rig.UntilAsync(() => a.Status.IsCopy, "noticed");

        // The relay was set back itself.
        rig.Relay.Rewrite(_ => []);
        var again = rig.Start(1, store);
        await Rig.UntilAsync(() => again.Status.State == SyncState.Live && !again.Status.IsCopy, "forgotten");
        AssertKnownOffline(rig, isCopy: false);
    }

    [Fact]
    public async Task Another_blob_in_this_devices_last_place_is_noticed_too()
    {
        await using var rig = new Rig();
        rig.Relay.IsDown = true;
        var a = rig.Start(1);
        await a.PushAsync(Bytes("mine"));
        var other = rig.Sealed(1, 1)[0];
        rig.Relay.Append(Rig.Id(1), 1, other.Id, other.Envelope);
        rig.Relay.IsDown = false;
        await Rig.EventAsync<StateRestoredFromCopy>(a);
        Assert.Empty(rig.Relay.Pushes);
        Assert.Equal(1, a.Status.PendingBlobs);
        AssertKnownOffline(rig, isCopy: true);
    }

    private static ReadOnlyMemory<byte> Bytes(string text) => Encoding.UTF8.GetBytes(text);
}
