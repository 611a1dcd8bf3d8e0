using Xunit;
using ZeroK.Client.Store;

namespace ZeroK.Client.Tests;

public sealed class DeviceTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("zerok-client-").FullName;

    private string Folder(string name) => Path.Combine(_root, name);

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void Device_keeps_its_identity_name_and_group()
    {
        using var secret = GroupSecret.Random();
        using var made = Device.Init(Folder("a"), "laptop");
        var group = made.CreateGroup(secret, [Fakes.Rig.Address]);
        using var opened = Device.Open(Folder("a"));
        Assert.Equal((made.Id, "laptop", group.Id), (opened.Id, opened.Name, opened.Group!.Id));
        Assert.Equal(Fakes.Rig.Address, opened.Group.Relays[0]);
        Assert.NotEqual(made.Id, Device.Init(Folder("b"), "laptop").Id);
    }

    [Fact]
    public void Nothing_is_overwritten()
    {
        using var secret = GroupSecret.Random();
        using var device = Device.Init(Folder("a"), "laptop");
        device.CreateGroup(secret, [Fakes.Rig.Address]);
        var before = Directory.GetFiles(Folder("a")).Order().Select(File.ReadAllBytes).ToList();
        Assert.Equal(DeviceProblem.DeviceExists, Assert.Throws<DeviceException>(() => Device.Init(Folder("a"), "other")).Problem);
        Assert.Equal(DeviceProblem.GroupExists, Assert.Throws<DeviceException>(() => device.CreateGroup(secret, [Fakes.Rig.Address])).Problem);
        Assert.Equal(before, Directory.GetFiles(Folder("a")).Order().Select(File.ReadAllBytes).ToList());
    }

    [Fact]
    public void Files_are_for_their_owner_alone_and_wider_ones_are_refused()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("No Unix file modes here.");
            return;
        }

        using (var secret = GroupSecret.Random())
        using (var device = Device.Init(Folder("a"), "laptop")) device.CreateGroup(secret, [Fakes.Rig.Address]);
        using (new SqliteStateStore(DeviceFiles.State(Folder("a"))))
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(Folder("a")));
            foreach (var file in Directory.GetFiles(Folder("a"))) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        }

        File.SetUnixFileMode(Path.Combine(Folder("a"), "group.key"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
        Assert.Equal(DeviceProblem.Permissions, Assert.Throws<DeviceException>(() => Device.Open(Folder("a"))).Problem);
    }

    [Fact]
    public void Damaged_foreign_and_newer_files_are_told_apart_and_left_alone()
    {
        Device.Init(Folder("a"), "laptop").Dispose();
        var path = Path.Combine(Folder("a"), "device.key");
        var whole = File.ReadAllBytes(path);

        Assert.Equal(DeviceProblem.Damaged, ProblemWith(path, [.. whole[..^1], (byte)(whole[^1] ^ 1)]));
        Assert.Equal(DeviceProblem.Damaged, ProblemWith(path, whole[..50]));
        Assert.Equal(DeviceProblem.Damaged, ProblemWith(path, "something else entirely"u8.ToArray()));
        Assert.Equal(DeviceProblem.OtherVersion, ProblemWith(path, [.. whole[..4], 2, .. whole[5..]]));
        Assert.Equal(DeviceProblem.NoDevice, Assert.Throws<DeviceException>(() => Device.Open(Folder("none"))).Problem);

        File.WriteAllText(DeviceFiles.State(Folder("a")), "This is not a database, though it is long enough to be looked at as one by a careless reader. ".PadRight(600));
        Assert.Equal(DeviceProblem.Damaged, Assert.Throws<DeviceException>(() => new SqliteStateStore(DeviceFiles.State(Folder("a")))).Problem);
    }

    [Fact]
    public async Task Two_clients_do_not_share_one_state()
    {
        using var secret = GroupSecret.Random();
        using var device = Device.Init(Folder("a"), "laptop");
        device.CreateGroup(secret, [new RelayAddress("127.0.0.1", 1, new byte[32])]);
        await using var first = await SyncClient.StartAsync(device);
        Assert.Equal(DeviceProblem.InUse, (await Assert.ThrowsAsync<DeviceException>(() => SyncClient.StartAsync(device))).Problem);
        await first.PushAsync(new byte[10]);
        Assert.Equal(1, device.ReadStatus().PendingBlobs);
        await first.DisposeAsync();
        await using var second = await SyncClient.StartAsync(device);
        Assert.Equal(1, second.Status.PendingBlobs);
    }

    [Fact]
    public void Invite_makes_a_member()
    {
        using var secret = GroupSecret.Random();
        using var a = Device.Init(Folder("a"), "a");
        var group = a.CreateGroup(secret, [Fakes.Rig.Address, new RelayAddress("::1", 99, new byte[32])]);
        using var made = a.CreateInvite();
        Assert.False(made.NeedsPassphrase);
        Assert.True(Invite.TryParse($"  {made.ToLink()}\n", out var read, out _));
        using var b = Device.Init(Folder("b"), "b");
        Assert.Equal(group.Id, b.JoinGroup(read).Id);
        Assert.Equal(group.Relays, b.Group!.Relays);
        Assert.Equal(made.ToLink(), b.CreateInvite().ToLink());
        Assert.Equal("[invite]", $"{made}");
    }

    [Fact]
    public void Passphrase_group_takes_the_right_passphrase_alone()
    {
        using var secret = GroupSecret.FromPassphrase("several plain words", new Argon2idParameters(19 * 1024, 2));
        using var a = Device.Init(Folder("a"), "a");
        a.CreateGroup(secret, [Fakes.Rig.Address]);
        using var made = a.CreateInvite();
        Assert.True(made.NeedsPassphrase);
        using var b = Device.Init(Folder("b"), "b");
        Assert.Equal(DeviceProblem.PassphraseMissing, Assert.Throws<DeviceException>(() => b.JoinGroup(made)).Problem);
        Assert.Equal(DeviceProblem.PassphraseWrong, Assert.Throws<DeviceException>(() => b.JoinGroup(made, "several plain word")).Problem);
        Assert.Null(b.Group);
        Assert.Equal(a.Group!.Id, b.JoinGroup(made, "several plain words").Id);
        Assert.True(b.Group!.HasPassphrase);
    }

    [Fact]
    public void Mistyped_cut_newer_and_foreign_links_are_told_apart()
    {
        using var secret = GroupSecret.Random();
        using var a = Device.Init(Folder("a"), "a");
        a.CreateGroup(secret, [Fakes.Rig.Address]);
        using var made = a.CreateInvite();
        var link = made.ToLink();
        for (var i = Invite.LinkPrefix.Length; i < link.Length - 1; i++)
        {
            var mistyped = link[..i] + (link[i] == 'A' ? 'B' : 'A') + link[(i + 1)..];
            Assert.False(Invite.TryParse(mistyped, out _, out var problem));
            Assert.Contains("Copy the whole link", problem);
        }

        Assert.False(Invite.TryParse(link[..^3], out _, out _));
        Assert.False(Invite.TryParse(Fakes.Rig.Address.ToString(), out _, out var address));
        Assert.Contains("relay's address", address);
        Assert.False(Invite.TryParse("https://example.org", out _, out var foreign));
        Assert.Contains("begins with", foreign);
        Assert.False(Invite.TryParse(null, out _, out _));
    }

    [Theory]
    [InlineData("zerok-relay://relay.example:4840/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "relay.example", 4840)]
    [InlineData("zerok-relay://[::1]:99/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "::1", 99)]
    [InlineData("zerok-relay://10.0.0.1/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "10.0.0.1", 4840)]
    public void Relay_address_reads_what_it_writes(string text, string host, int port)
    {
        var address = RelayAddress.Parse(text);
        Assert.Equal((host, port), (address.Host, address.Port));
        Assert.Equal(address, RelayAddress.Parse(address.ToString()));
    }

    [Theory]
    [InlineData("")]
    [InlineData("zerok://join/AAAA")]
    [InlineData("zerok-relay://host:4840")]
    [InlineData("zerok-relay://host:4840/short")]
    [InlineData("zerok-relay://host:0/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("zerok-relay://host:99999/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("zerok-relay://ho st:1/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public void Anything_else_is_no_address_and_says_why(string text)
    {
        Assert.False(RelayAddress.TryParse(text, out _, out var problem));
        Assert.NotEmpty(problem);
        Assert.Throws<FormatException>(() => RelayAddress.Parse(text));
    }

    private static DeviceProblem ProblemWith(string path, byte[] bytes)
    {
        File.WriteAllBytes(path, bytes);
        var problem = Assert.Throws<DeviceException>(() => Device.Open(Path.GetDirectoryName(path)!)).Problem;
        Assert.Equal(bytes, File.ReadAllBytes(path));
        return problem;
    }
}
