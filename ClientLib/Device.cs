using ZeroK.Client.Content;
using ZeroK.Client.Keys;
using ZeroK.Client.Store;
using ZeroK.Noise;
using ZeroK.Wire;

namespace ZeroK.Client;

/// <summary>A device: its identity, the group that it belongs to, and its local state, all in one directory (mode 0700, files 0600).</summary>
/// <remarks>
/// <para>Files: <c>device.key</c> (the identity and name; made once), <c>group.key</c> (the group's secret and relays), <c>state.db</c> (SQLite: outbox, cursors, version vector), <c>lock</c>.</para>
/// <para>Nothing is overwritten unasked: a directory that holds a device keeps it, a device that has a group keeps it until <see cref="LeaveGroup"/>. One <see cref="SyncClient"/> at a time may run on a directory; reading status is possible meanwhile.</para>
/// </remarks>
public sealed partial class Device : IDisposable
{
    private DeviceIdentity _identity;
    private GroupContent? _content;

    private Device(string directory, DeviceIdentity identity, string name)
    {
        Directory = directory;
        _identity = identity;
        Name = name;
        Id = new DeviceId(identity.Id.Span);
    }

    /// <summary>The directory, as a full path.</summary>
    public string Directory { get; }

    /// <summary>The device's id: a hash over its three public keys.</summary>
    public DeviceId Id { get; private set; }

    /// <summary>The device's name.</summary>
    public string Name { get; }

    /// <summary>The group; null before <see cref="CreateGroup"/> or <see cref="JoinGroup"/>.</summary>
    public GroupInfo? Group { get; private set; }

    internal DeviceIdentity Identity => _identity;

    /// <summary>Whether <paramref name="directory"/> holds a device.</summary>
    public static bool Exists(string directory) => DeviceFiles.HasIdentity(directory);

    /// <summary>Makes a new device in <paramref name="directory"/>, which is created if it is missing.</summary>
    /// <param name="directory">Where the device lives. Don't copy it to make a second device: two copies of one device contradict each other.</param>
    /// <param name="name">What other devices of the group see; 1 to 256 characters. The relay sees it sealed.</param>
    /// <exception cref="ArgumentException">The name is empty or too long.</exception>
    /// <exception cref="DeviceException">The directory holds a device already, or can't be written.</exception>
    public static Device Init(string directory, string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        if (name.Length > WireLimits.DeviceNameCharsMax) throw new ArgumentException($"A device's name has at most {WireLimits.DeviceNameCharsMax} characters.", nameof(name));
        directory = Path.GetFullPath(directory);
        DeviceFiles.MakeDirectory(directory);
        using (var identity = DeviceIdentity.Generate()) DeviceFiles.WriteIdentity(directory, identity, name);
        return Open(directory);
    }

    /// <summary>Opens the device that <see cref="Init"/> made.</summary>
    /// <exception cref="DeviceException">There is none, or its files are damaged, of another version, or readable by others: <see cref="DeviceException.Problem"/> says which.</exception>
    public static Device Open(string directory)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        directory = Path.GetFullPath(directory);
        var (identity, name) = DeviceFiles.ReadIdentity(directory);
        var device = new Device(directory, identity, name);
        try
        {
            if (DeviceFiles.HasGroup(directory)) device.TakeGroup(DeviceFiles.ReadGroup(directory));
            return device;
        }
        catch
        {
            device.Dispose();
            throw;
        }
    }

    /// <summary>Starts a group with this device as its first. Needs no network: the relay makes it when the device first connects.</summary>
    /// <param name="secret">The group's secret; the caller disposes of it.</param>
    /// <param name="relays">1 to 8 relays, the first preferred. Blobs go to all; the first that can be reached is read from.</param>
    /// <exception cref="ArgumentException">The number of relays is wrong.</exception>
    /// <exception cref="DeviceException">The device has a group already.</exception>
    public GroupInfo CreateGroup(GroupSecret secret, IReadOnlyList<RelayAddress> relays)
    {
        ArgumentNullException.ThrowIfNull(secret);
        ArgumentNullException.ThrowIfNull(relays);
        if (relays.Count is 0 or > GroupRecord.RelaysMax) throw new ArgumentException($"A group has 1 to {GroupRecord.RelaysMax} relays.", nameof(relays));
        if (_content is not null) throw HasGroup();
        using var ring = new KeyRing(secret, epoch: 1);
        return Keep(new GroupContent(ring.GroupOfFirstKey(), 1, secret, secret.Source, relays));
    }

    /// <summary>Joins the group of an invite. Needs no network; takes as long as Argon2id does for a passphrase group (some 0.1 s, for one that isn't plain ASCII up to four times).</summary>
    /// <param name="invite">The invite.</param>
    /// <param name="passphrase">The group's passphrase where <see cref="Invite.NeedsPassphrase"/>; ignored otherwise.</param>
    /// <remarks>On a device of that group it takes the invite's relays instead of its own, as <see cref="ChangeRelays"/> does: for a relay that has another address now.</remarks>
    /// <exception cref="DeviceException">The device has another group already, or the passphrase is missing or wrong.</exception>
    public GroupInfo JoinGroup(Invite invite, ReadOnlySpan<char> passphrase = default)
    {
        ArgumentNullException.ThrowIfNull(invite);
        var content = invite.Content;
        if (content.Secret is not null)
        {
            if (!IsSecretOf(content.Secret, content)) throw new DeviceException(DeviceProblem.Damaged, "The invite's secret is not its group's. Ask for a new invite.");
            return Keep(content);
        }

        if (passphrase.IsEmpty) throw new DeviceException(DeviceProblem.PassphraseMissing, "This group has a passphrase: give it to join.");
        using var secret = SecretOf(passphrase, content) ?? throw new DeviceException(DeviceProblem.PassphraseWrong, "This is not the group's passphrase. Nothing was changed; try again.");
        return Keep(content with { Secret = secret });
    }

    /// <summary>An invite to this device's group. For a group with a random secret it holds the secret: whoever has the link is a member.</summary>
    /// <exception cref="DeviceException">The device has no group.</exception>
    public Invite CreateInvite()
    {
        var content = Content;
        if (content.Source is not null) return new Invite(content with { Secret = null });
        Span<byte> bytes = stackalloc byte[GroupSecret.Size];
        try
        {
            content.Secret!.Export(bytes);
            return new Invite(content with { Secret = GroupSecret.Import(bytes, source: null) });
        }
        finally
        {
            System.Security.Cryptography.CryptographicOperations.ZeroMemory(bytes);
        }
    }

    /// <summary>What the local state says, without a connection: pending pushes, cursors, version vector. Works while a <see cref="SyncClient"/> runs in another process.</summary>
    /// <exception cref="DeviceException">The state file is damaged or of another version.</exception>
    public SyncStatus ReadStatus() => StateReader.ReadStatus(this);

    /// <summary>What waits in the outbox, opened, in order: to look at, or to carry over to a new device when the relay refuses this one for good. Changes nothing; works while a <see cref="SyncClient"/> runs in another process.</summary>
    /// <exception cref="DeviceException">The device has no group, its state is damaged or of another version, or a blob can't be opened.</exception>
    public IEnumerable<QueuedBlob> ReadOutbox() => StateReader.ReadOutbox(this);

    /// <summary>Puts and gets of contents that are not finished: what waits to be sent, or was stopped. Changes nothing; works while a <see cref="SyncClient"/> runs in another process.</summary>
    public IReadOnlyList<ContentTransfer> ReadContentTransfers() => [.. FileTransferStore.Peek(DeviceFiles.Transfers(Directory)).Select(TransferRules.Described)];

    /// <summary>Wipes the keys from memory.</summary>
    public void Dispose()
    {
        _identity.Dispose();
        _content?.Secret?.Dispose();
    }

    /// <summary>The group with its secret.</summary>
    internal GroupContent Content => _content ?? throw new DeviceException(DeviceProblem.NoGroup, "This device has no group yet. Create one, or join one with an invite.");

    private GroupInfo Keep(GroupContent content)
    {
        if (_content is { } mine)
        {
            // Who knows the group's id alone (a relay does) must not be able to say where its relays are: the keys are the proof.
            if (mine.Group != content.Group) throw HasGroup();
            if (mine.Epoch == content.Epoch && IsSecretOf(content.Secret!, mine)) return ChangeRelays(content.Relays);
            throw new DeviceException(DeviceProblem.GroupExists, "The invite has other keys of this group than this device. Nothing was changed; ask a member for a new invite, or name the relays' addresses yourself.");
        }

        FinishLeaving();
        DeviceFiles.WriteGroup(Directory, content);
        return TakeGroup(DeviceFiles.ReadGroup(Directory));
    }

    private static DeviceException HasGroup() => new(DeviceProblem.GroupExists, "This device has a group already. It is left as it is; leave it first, or make a new device for another group.");

    private GroupInfo TakeGroup(GroupContent content)
    {
        _content = content;
        return Group = new GroupInfo(content.Group, content.Epoch, content.Source is not null, content.Relays);
    }

    // The first of the passphrase's forms that gives the group's secret; null for none.
    private static GroupSecret? SecretOf(ReadOnlySpan<char> passphrase, GroupContent content)
    {
        if (passphrase.Length > GroupSecret.PassphraseCharsMax) return null;
        List<char[]> forms;
        try
        {
            forms = PassphraseForms.ToTry(passphrase);
        }
        catch (ArgumentException)
        {
            // Half a character is in no group's passphrase.
            return null;
        }

        try
        {
            foreach (var form in forms)
            {
                if (form.Length is < GroupSecret.PassphraseCharsMin or > GroupSecret.PassphraseCharsMax) continue;
                var secret = GroupSecret.Derive(form, content.Source!);
                if (IsSecretOf(secret, content)) return secret;
                secret.Dispose();
            }

            return null;
        }
        finally
        {
            forms.ForEach(PassphraseForms.Wipe);
        }
    }

    // The group id is the hash of the first admission key; of a later epoch the record holds the key itself.
    private static bool IsSecretOf(GroupSecret secret, GroupContent content)
    {
        using var ring = new KeyRing(secret, content.Epoch);
        return content.Epoch == 1 ? ring.GroupOfFirstKey() == content.Group : ring.AdmissionKey.Span.SequenceEqual(content.AdmissionKey.Span);
    }
}
