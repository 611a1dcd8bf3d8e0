using Xunit;
using ZeroK.Client.Keys;
using ZeroK.Wire;

namespace ZeroK.Client.Tests;

public sealed class PassphraseTests : IDisposable
{
    private static readonly Argon2idParameters Cheap = new(19 * 1024, 2);
    private readonly string _root = Directory.CreateTempSubdirectory("zerok-passphrase-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Theory]
    [InlineData("Caf\u00e9-Gr\u00f6\u00dfe-12", "Cafe\u0301-Gro\u0308\u00dfe-12")]
    [InlineData("Cafe\u0301-Gro\u0308\u00dfe-12", "Caf\u00e9-Gr\u00f6\u00dfe-12")]
    [InlineData("\ud55c\uad6d\uc5b4 \uc554\ud638\ubb38 12", "\u1112\u1161\u11ab\u1100\u116e\u11a8\u110b\u1165 \u110b\u1161\u11b7\u1112\u1169\u1106\u116e\u11ab 12")]
    [InlineData("four plain\u00a0words", "four plain words")]
    [InlineData("four plain words", "four\u3000plain\u202fwords")]
    public void What_looks_the_same_joins(string made, string typed)
    {
        using var secret = GroupSecret.FromPassphrase(made, Cheap);
        Assert.True(Joins(secret, typed));
        Assert.True(Joins(secret, made));
        Assert.False(Joins(secret, typed + "x"));
    }

    [Theory]
    [InlineData("Caf\u00e9-Gr\u00f6\u00dfe-12")]
    [InlineData("Cafe\u0301-Gro\u0308\u00dfe-12")]
    [InlineData("Cafe\u0301-Gr\u00f6\u00dfe-12 \u00a0")]
    public void A_group_that_was_made_of_one_exact_form_is_joined_too(string exact)
    {
        using var secret = GroupSecret.Derive(exact, new PassphraseSource(new byte[16], Cheap));
        Assert.True(Joins(secret, exact));
    }

    [Fact]
    public void A_generated_passphrase_is_long_enough_and_forgives_how_it_is_typed()
    {
        var made = new string(GroupSecret.GeneratePassphrase());
        Assert.Matches("^[0-9A-HJKMNP-TV-Z]{5}(-[0-9A-HJKMNP-TV-Z]{5}){3}$", made);
        Assert.NotEqual(made, new string(GroupSecret.GeneratePassphrase()));
        using var secret = GroupSecret.FromPassphrase(made, Cheap);
        Assert.True(Joins(secret, made.ToLowerInvariant()));
        Assert.True(Joins(secret, made.Replace("-", "", StringComparison.Ordinal).Replace('0', 'o').Replace('1', 'l')));
        Assert.True(Joins(secret, " " + made.Replace('-', '\u2013') + " "));
        Assert.False(Joins(secret, (made[0] == 'A' ? 'B' : 'A') + made[1..]));
    }

    [Fact]
    public void Half_a_character_is_a_wrong_passphrase_and_makes_no_group()
    {
        using var secret = GroupSecret.FromPassphrase("several plain words", Cheap);
        Assert.False(Joins(secret, "several plain word\ud800"));
        Assert.Throws<ArgumentException>(() => GroupSecret.FromPassphrase("several plain word\ud800", Cheap));
    }

    [Theory]
    [InlineData(1u)]
    [InlineData(2u)]
    [InlineData(7u)]
    public void A_wrong_passphrase_is_refused_in_every_epoch(uint epoch)
    {
        using var secret = GroupSecret.FromPassphrase("several plain words", Cheap);
        Assert.True(Joins(secret, "several plain words", epoch));
        Assert.False(Joins(secret, "several other words", epoch));
    }

    [Theory]
    [InlineData(1u)]
    [InlineData(2u)]
    public void An_invite_whose_secret_is_not_its_epochs_is_refused(uint epoch)
    {
        using var secret = GroupSecret.Random();
        using var other = GroupSecret.Random();
        using var device = Device.Init(Path.Combine(_root, Path.GetRandomFileName()), "b");
        using var forged = InviteOf(secret, epoch, other);
        Assert.Equal(DeviceProblem.Damaged, Assert.Throws<DeviceException>(() => device.JoinGroup(forged)).Problem);
        using var right = InviteOf(secret, epoch, secret);
        Assert.Equal(epoch, device.JoinGroup(right).KeyEpoch);
        using var again = Device.Open(device.Directory);
        Assert.Equal(right.ToLink(), again.CreateInvite().ToLink());
    }

    private bool Joins(GroupSecret secret, string typed, uint epoch = 1)
    {
        using var device = Device.Init(Path.Combine(_root, Path.GetRandomFileName()), "b");
        using var invite = InviteOf(secret, epoch, null);
        try
        {
            device.JoinGroup(invite, typed);
            return true;
        }
        catch (DeviceException e)
        {
            Assert.Equal(DeviceProblem.PassphraseWrong, e.Problem);
            Assert.Null(device.Group);
            return false;
        }
    }

    private static Invite InviteOf(GroupSecret secret, uint epoch, GroupSecret? carried)
    {
        using var ring = new KeyRing(secret, epoch);
        var group = epoch == 1 ? ring.GroupOfFirstKey() : new GroupId(new byte[32]);
        using var made = new Invite(new GroupContent(group, epoch, carried, secret.Source, [Fakes.Rig.Address]) { AdmissionKey = epoch == 1 ? default : ring.AdmissionKey });
        Assert.True(Invite.TryParse(made.ToLink(), out var read, out var problem), problem);
        return read;
    }
}
