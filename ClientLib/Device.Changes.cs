using ZeroK.Client.Keys;
using ZeroK.Client.Store;
using ZeroK.Noise;
using ZeroK.Wire;

namespace ZeroK.Client;

// What may change about a device's group later: where its relays are, and whether it is in it.
public sealed partial class Device
{
    /// <summary>Tells this device where the group's relays are from now on, and pins the fingerprints in the addresses. Needs no network; other devices are told by a new invite (<see cref="JoinGroup"/>) or by this.</summary>
    /// <param name="relays">1 to 8 addresses, the first preferred; addresses with the same fingerprint are ways to one relay. They take the place of all that are known now. A relay that stays keeps what is known of it; one whose fingerprint is new gets what waits in the outbox and what is pushed later.</param>
    /// <returns>The group as it is now.</returns>
    /// <exception cref="ArgumentException">The number of relays is wrong.</exception>
    /// <exception cref="DeviceException">The device has no group, or a <see cref="SyncClient"/> runs on it.</exception>
    public GroupInfo ChangeRelays(IReadOnlyList<RelayAddress> relays)
    {
        ArgumentNullException.ThrowIfNull(relays);
        if (relays.Count is 0 or > GroupRecord.RelaysMax) throw new ArgumentException($"A group has 1 to {GroupRecord.RelaysMax} relays.", nameof(relays));
        var content = Content;
        using var held = DirectoryLock.Take(Directory);
        DeviceFiles.WriteGroup(Directory, content with { Relays = [.. relays] }, replace: true);
        return TakeGroup(content with { Relays = [.. relays] });
    }

    /// <summary>Leaves the group: its keys and all that is known of it are removed from this device, which gets a new identity, so that it can start or join any group as a new device. Needs no network: the other devices go on listing the old identity until it expires.</summary>
    /// <param name="dropUnsent">Leave though something that was pushed is on no relay yet: it is lost.</param>
    /// <exception cref="DeviceException">The device has no group, a <see cref="SyncClient"/> runs on it, or something is not sent (<see cref="DeviceProblem.NotSent"/>).</exception>
    public void LeaveGroup(bool dropUnsent = false)
    {
        var content = Content;
        using var held = DirectoryLock.Take(Directory);
        if (!dropUnsent && ReadStatus().PendingBlobs is > 0 and var waiting)
            throw new DeviceException(DeviceProblem.NotSent, $"{waiting} blobs that were pushed here are on no relay yet and would be lost. Connect first, or say that they may be dropped.");
        DeviceFiles.RemoveGroup(Directory);
        (_content, Group) = (null, null);
        content.Secret?.Dispose();
        FinishLeaving();
    }

    // Another identity, because this one's sequences would begin anew: on a relay that knows it that is what a copy looks like.
    private void FinishLeaving()
    {
        if (!DeviceFiles.HasLeftovers(Directory)) return;
        var next = DeviceIdentity.Generate();
        DeviceFiles.WriteIdentity(Directory, next, Name, replace: true);
        _identity.Dispose();
        _identity = next;
        Id = new DeviceId(next.Id.Span);
        DeviceFiles.RemoveLeftovers(Directory);
    }
}
