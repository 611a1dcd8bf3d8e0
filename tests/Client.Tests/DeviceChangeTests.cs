using System.Text;
using Xunit;
using ZeroK.Client.Store;
using ZeroK.Client.Tests.Fakes;
using ZeroK.Noise;
using ZeroK.Transport;

namespace ZeroK.Client.Tests;

/// <summary>What may change about a device's group: where its relays are, and whether it is in it.</summary>
public sealed class DeviceChangeTests : IAsyncLifetime
{
    private readonly string _root = Directory.CreateTempSubdirectory("zerok-change-").FullName;
    private readonly MemoryNetwork _network = new();
    private readonly StaticIdentity _identity = StaticIdentity.Generate(), _anew = StaticIdentity.Generate();
    private readonly FakeRelay _relay = new(), _other = new();
    private IListener _old = null!, _moved = null!, _new = null!;

    private string Folder => Path.Combine(_root, "a");

    private RelayAddress Old => new("old", 4840, _identity.Public.Fingerprint());

    private RelayAddress Moved => new("moved", 4850, _identity.Public.Fingerprint());

    private RelayAddress New => new("new", 4840, _anew.Public.Fingerprint());

    public async ValueTask InitializeAsync()
    {
        (_old, _moved, _new) = (await _network.ListenAsync("old", 0), await _network.ListenAsync("moved", 0), await _network.ListenAsync("new", 0));
        _ = FakeRelayServer.ServeAsync(_old, _identity, _relay);
        _ = FakeRelayServer.ServeAsync(_moved, _identity, _relay);
        _ = FakeRelayServer.ServeAsync(_new, _anew, _other);
    }

    public async ValueTask DisposeAsync()
    {
        await _old.DisposeAsync();
        await _moved.DisposeAsync();
        await _new.DisposeAsync();
        _identity.Dispose();
        _anew.Dispose();
        Directory.Delete(_root, recursive: true);
    }

    [Fact]
    public async Task Relay_at_another_address_is_the_same_relay_and_the_device_goes_on_where_it_was()
    {
        using var device = Started();
        await PushAsync(device, "one");
        await _old.DisposeAsync();
        Assert.Equal([Moved], device.ChangeRelays([Moved]).Relays);
        await PushAsync(device, "two");
        Assert.Equal([1UL, 2UL], _relay.Log.Select(b => b.Sequence));
        using var again = Device.Open(Folder);
        Assert.Equal((device.Id, Moved), (again.Id, Assert.Single(again.Group!.Relays)));
        Assert.Equal(2UL, again.ReadStatus().Relays[0].DeliveredSequence);
    }

    [Fact]
    public async Task Relay_that_was_set_up_anew_is_pinned_anew_and_the_old_key_is_not_accepted_any_more()
    {
        using var device = Started();
        await PushAsync(device, "one");
        device.ChangeRelays([New]);
        await PushAsync(device, "two");
        Assert.Equal([2UL], _other.Log.Select(b => b.Sequence));
        device.ChangeRelays([new RelayAddress("old", 4840, New.Fingerprint.Span)]);
        await using var client = await StartAsync(device);
        await Rig.EventAsync<Refused>(client);
        Assert.Single(_relay.Log);
    }

    [Fact]
    public async Task Invite_of_the_same_group_brings_the_relays_and_changes_nothing_else()
    {
        using var device = Started();
        await PushAsync(device, "one");
        using var member = Device.Init(Path.Combine(_root, "b"), "b");
        using (var invite = device.CreateInvite()) member.JoinGroup(invite);
        member.ChangeRelays([Moved]);
        await _old.DisposeAsync();
        using (var invite = member.CreateInvite()) Assert.Equal([Moved], device.JoinGroup(invite).Relays);
        await PushAsync(device, "two");
        Assert.Equal([1UL, 2UL], _relay.Log.Select(b => b.Sequence));
    }

    [Fact]
    public void Invite_of_another_group_and_a_second_create_change_nothing()
    {
        using var device = Started();
        using var stranger = Device.Init(Path.Combine(_root, "b"), "b");
        using (var secret = GroupSecret.Random()) stranger.CreateGroup(secret, [New]);
        using var invite = stranger.CreateInvite();
        Assert.Equal(DeviceProblem.GroupExists, Assert.Throws<DeviceException>(() => device.JoinGroup(invite)).Problem);
        Assert.Equal([Old], device.Group!.Relays);
    }

    [Fact]
    public void Invite_that_names_the_group_without_having_its_keys_brings_no_relays()
    {
        using var device = Started();
        using var forged = GroupSecret.Random();
        using var ring = new ZeroK.Client.Keys.KeyRing(forged, epoch: 2);
        var made = new ZeroK.Client.Keys.GroupContent(device.Group!.Id, 2, forged, null, [New]) { AdmissionKey = ring.AdmissionKey };
        Assert.Equal(DeviceProblem.GroupExists, Assert.Throws<DeviceException>(() => device.JoinGroup(new Invite(made))).Problem);
        Assert.Equal(DeviceProblem.Damaged, Assert.Throws<DeviceException>(() => device.JoinGroup(new Invite(made with { Epoch = 1, AdmissionKey = default }))).Problem);
        Assert.Equal([Old], device.Group.Relays);
    }

    [Fact]
    public async Task Nothing_is_changed_under_a_running_client()
    {
        using var device = Started();
        await using var client = await StartAsync(device);
        Assert.Equal(DeviceProblem.InUse, Assert.Throws<DeviceException>(() => device.ChangeRelays([Moved])).Problem);
        Assert.Equal(DeviceProblem.InUse, Assert.Throws<DeviceException>(() => device.LeaveGroup()).Problem);
        Assert.Equal([Old], Device.Open(Folder).Group!.Relays);
    }

    [Fact]
    public void Number_of_relays_is_bounded()
    {
        using var device = Started();
        Assert.Throws<ArgumentException>(() => device.ChangeRelays([]));
        Assert.Throws<ArgumentException>(() => device.ChangeRelays([.. Enumerable.Range(1, 9).Select(i => new RelayAddress("h", i, new byte[32]))]));
    }

    [Fact]
    public async Task Device_that_left_knows_nothing_of_the_group_and_comes_back_as_a_new_device_that_may_push()
    {
        using var device = Started();
        await PushAsync(device, "one");
        using var invite = device.CreateInvite();
        var before = device.Id;
        device.LeaveGroup();
        Assert.Null(device.Group);
        Assert.NotEqual(before, device.Id);
        Assert.Equal(["device.key", "lock"], Directory.EnumerateFileSystemEntries(Folder).Select(Path.GetFileName).Order());
        Assert.Equal(DeviceProblem.NoGroup, Assert.Throws<DeviceException>(() => device.LeaveGroup()).Problem);
        using (var again = Device.Open(Folder)) Assert.Equal((device.Id, "a"), (again.Id, again.Name));

        device.JoinGroup(invite);
        await PushAsync(device, "two");
        Assert.Equal([(before, 1UL), (device.Id, 1UL)], _relay.Log.Select(b => (b.Sender, b.Sequence)));
    }

    [Fact]
    public async Task What_was_not_sent_is_not_lost_by_leaving_unless_somebody_says_so()
    {
        using var device = Started();
        await using (var client = await StartAsync(device, suspended: true)) await client.PushAsync(Encoding.UTF8.GetBytes("kept"));
        Assert.Equal(DeviceProblem.NotSent, Assert.Throws<DeviceException>(() => device.LeaveGroup()).Problem);
        Assert.Equal("kept", Encoding.UTF8.GetString(Assert.Single(device.ReadOutbox()).Payload.Span));
        device.LeaveGroup(dropUnsent: true);
        Assert.Null(Device.Open(Folder).Group);
    }

    [Fact]
    public async Task Leave_that_a_crash_cut_short_is_finished_before_the_next_group_begins()
    {
        using (var device = Started()) await PushAsync(device, "one");
        File.Delete(Path.Combine(Folder, "group.key"));
        Directory.CreateDirectory(Path.Combine(Folder, "content"));
        using var left = Device.Open(Folder);
        var before = left.Id;
        using (var secret = GroupSecret.Random()) left.CreateGroup(secret, [New]);
        Assert.NotEqual(before, left.Id);
        Assert.False(Directory.Exists(Path.Combine(Folder, "content")));
        await PushAsync(left, "two");
        Assert.Equal([(left.Id, 1UL)], _other.Log.Select(b => (b.Sender, b.Sequence)));
    }

    private Device Started()
    {
        var device = Device.Init(Folder, "a");
        using (var secret = GroupSecret.Random()) device.CreateGroup(secret, [Old]);
        return device;
    }

    private async Task PushAsync(Device device, string text)
    {
        using var patience = Rig.Patience();
        await using var client = await StartAsync(device);
        await client.PushAsync(Encoding.UTF8.GetBytes(text), cancellationToken: patience.Token);
        await client.FlushAsync(patience.Token);
    }

    private Task<SyncClient> StartAsync(Device device, bool suspended = false) =>
        SyncClient.StartAsync(device, SyncOptions.Default with { Transports = [_network], StartSuspended = suspended, BackoffFirst = TimeSpan.FromMilliseconds(1), BackoffMax = TimeSpan.FromMilliseconds(20) });
}
