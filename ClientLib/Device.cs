using ZeroK.Wire;

namespace ZeroK.Client;

/// <summary>A device: its identity, the group that it belongs to, and its local state, all in one directory (mode 0700, files 0600).</summary>
/// <remarks>
/// <para>Files: <c>device.key</c> (the identity; made once), <c>group.key</c> (the group's keys, relays and name of this device), <c>state.db</c> (SQLite: outbox, cursors, version vector), <c>lock</c>.</para>
/// <para>Nothing is ever overwritten: a directory that holds a device keeps it, a device that has a group keeps it. One <see cref="SyncClient"/> at a time may run on a directory; reading status is possible meanwhile.</para>
/// </remarks>
public sealed class Device : IDisposable
{
    /// <summary>Whether <paramref name="directory"/> holds a device.</summary>
    public static bool Exists(string directory) => throw new NotImplementedException();

    /// <summary>Makes a new device in <paramref name="directory"/>, which is created if it is missing.</summary>
    /// <param name="directory">Where the device lives. Back it up never by copying: two copies of one device contradict each other.</param>
    /// <param name="name">What other devices of the group see; 1 to 256 characters. The relay sees it sealed.</param>
    /// <exception cref="DeviceException">The directory holds a device already, or can't be written.</exception>
    public static Device Init(string directory, string name) => throw new NotImplementedException();

    /// <summary>Opens the device that <see cref="Init"/> made.</summary>
    /// <exception cref="DeviceException">There is none, or its files are damaged, of another version, or readable by others: <see cref="DeviceException.Problem"/> says which.</exception>
    public static Device Open(string directory) => throw new NotImplementedException();

    /// <summary>The directory, as a full path.</summary>
    public string Directory => throw new NotImplementedException();

    /// <summary>The device's id: the fingerprint of its public keys.</summary>
    public DeviceId Id => throw new NotImplementedException();

    /// <summary>The device's name.</summary>
    public string Name => throw new NotImplementedException();

    /// <summary>The group; null before <see cref="CreateGroup"/> or <see cref="JoinGroup"/>.</summary>
    public GroupInfo? Group => throw new NotImplementedException();

    /// <summary>Starts a group with this device as its first. Needs no network: the relay makes it when the device first connects.</summary>
    /// <param name="secret">The group's secret; the caller disposes of it.</param>
    /// <param name="relays">1 to 8 relays, the first preferred.</param>
    /// <exception cref="DeviceException">The device has a group already.</exception>
    public GroupInfo CreateGroup(GroupSecret secret, IReadOnlyList<RelayAddress> relays) => throw new NotImplementedException();

    /// <summary>Joins the group of an invite. Needs no network; takes as long as Argon2id does for a passphrase group (some 0.1 s).</summary>
    /// <param name="invite">The invite.</param>
    /// <param name="passphrase">The group's passphrase where <see cref="Invite.NeedsPassphrase"/>; ignored otherwise.</param>
    /// <exception cref="DeviceException">The device has a group already, or the passphrase is missing or wrong.</exception>
    public GroupInfo JoinGroup(Invite invite, ReadOnlySpan<char> passphrase = default) => throw new NotImplementedException();

    /// <summary>An invite to this device's group. For a group with a random secret it holds the secret: whoever has the link is a member.</summary>
    /// <exception cref="DeviceException">The device has no group.</exception>
    public Invite CreateInvite() => throw new NotImplementedException();

    /// <summary>What the local state says, without a connection: pending pushes, cursors, version vector. Works while a <see cref="SyncClient"/> runs in another process.</summary>
    /// <exception cref="DeviceException">The state file is damaged or of another version.</exception>
    public SyncStatus ReadStatus() => throw new NotImplementedException();

    /// <summary>Wipes the keys from memory.</summary>
    public void Dispose() => throw new NotImplementedException();
}
