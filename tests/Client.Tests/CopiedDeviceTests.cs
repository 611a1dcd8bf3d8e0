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

    // A relay can claim what it likes, and the claim can't be told from the truth: it counts for that relay alone.
    [Fact]
    public async Task One_relays_claim_stops_the_pushes_to_it_and_not_to_the_others()
    {
        await using var rig = new Rig(relays: 2);
        foreach (var (id, sequence, envelope) in rig.Sealed(1, 5)) rig.Relays[0].Append(Rig.Id(1), sequence, id, envelope);
        var (a, b) = (rig.Start(1), rig.Start(2));
        Assert.Equal(Rig.AddressOf(0), (await Rig.EventAsync<StateRestoredFromCopy>(a)).Relay);
        var receipt = await a.PushAsync(Bytes("x"));
        using var patience = Rig.Patience();
        await receipt.Durable.WaitAsync(patience.Token);
        Assert.Empty(rig.Relays[0].Pushes);
        Assert.Single(rig.Relays[1].Log);
        Assert.True(a.Status.Relays[1].IsPrimary);
        Assert.True(a.Status.IsCopy);
        Assert.Contains(a.Status.OpenProblems, p => p.Contains("Nothing is pushed to that relay", StringComparison.Ordinal));
    }

    [Fact]
    public async Task All_relays_claims_together_stop_all_pushes()
    {
        await using var rig = new Rig(relays: 2);
        foreach (var relay in rig.Relays)
        {
            foreach (var (id, sequence, envelope) in rig.Sealed(1, 5)) relay.Append(Rig.Id(1), sequence, id, envelope);
        }

        var a = rig.Start(1);
        await Rig.UntilAsync(() => a.Status.Relays.All(r => r.Problem is not null), "both");
        await Assert.ThrowsAsync<SyncException>(() => a.PushAsync(Bytes("x")).AsTask());
        Assert.All(rig.Relays, r => Assert.Empty(r.Pushes));
    }

    private static ReadOnlyMemory<byte> Bytes(string text) => Encoding.UTF8.GetBytes(text);
}
