using Xunit;
using ZeroK.Client.Keys;
using ZeroK.Client.Pairing;
using ZeroK.Noise.Internal;
using ZeroK.Wire;

namespace ZeroK.Client.Tests.Pairing;

/// <summary>Two pairing machines with everything between them that a relay, a person or chance can do.</summary>
public sealed class PairingMachineTests
{
    [Fact]
    public void The_right_code_hands_over_the_group_and_each_side_knows_the_other()
    {
        using var rig = new PairingRig();
        rig.RunToInvite();
        Assert.Equal(PairingRig.InviterId, rig.Joiner.Inviter!.Id);
        Assert.Equal("laptop", rig.Joiner.Inviter.Name);
        Assert.True(GroupRecord.TryRead(rig.Joiner.Record, out var content));
        Assert.Equal(rig.Content.Group, content.Group);
        Assert.Equal(rig.Content.Relays, content.Relays);
        using var ring = new KeyRing(content.Secret!, 1);
        Assert.Equal(rig.Content.Group, ring.GroupOfFirstKey());
        content.Secret!.Dispose();

        Assert.Null(rig.Inviter.Joined);
        var step = rig.Inviter.Receive(rig.Joiner.Kept().Send, rig.Now);
        Assert.Equal(MailboxEnd.Done, step.Close);
        Assert.Equal((PairingStage.Done, PairingStage.Done), (rig.Inviter.Stage, rig.Joiner.Stage));
        Assert.Equal(PairingRig.JoinerId, rig.Inviter.Joined!.Id);
        Assert.Equal("phone", rig.Inviter.Joined.Name);
    }

    [Fact]
    public void The_inviter_gives_nothing_before_the_joiner_has_shown_the_hybrid_key()
    {
        using var rig = new PairingRig();
        var messages = rig.RunToInvite();
        Assert.Equal([1, 2, 3, 4, 5], messages.Select(m => (int)m[0]));
        Assert.Equal([PairingMachine.ShareMessageBytes, PairingMachine.AnswerMessageBytes, PairingMachine.CiphertextMessageBytes, 65], messages.Take(4).Select(m => m.Length));
        Assert.True(messages.TrueForAll(m => m.Length <= 3840));
    }

    [Fact]
    public void A_wrong_code_ends_both_sides_and_the_right_one_is_of_no_use_afterwards()
    {
        using var rig = new PairingRig();
        using var wrong = rig.Another(rig.Mistyped);
        var answer = wrong.Receive(rig.Inviter.First, rig.Now).Send!;
        var step = rig.Inviter.Receive(answer, rig.Now);
        Assert.Null(step.Send);
        Assert.Equal(MailboxEnd.WrongCode, step.Close);
        Assert.Equal(PairingProblem.WrongCode, rig.Inviter.Problem);
        wrong.Ended(step.Close);
        Assert.Equal(PairingProblem.WrongCode, wrong.Problem);

        var right = rig.ToJoiner(rig.Inviter.First)!;
        Assert.Null(rig.ToInviter(right));
        Assert.Null(rig.Inviter.Joined);
    }

    [Fact]
    public void A_pairing_at_one_relay_is_worth_nothing_at_another()
    {
        using var rig = new PairingRig(joinersRelay: new byte[32]);
        Assert.Equal(MailboxEnd.WrongCode, rig.Inviter.Receive(rig.ToJoiner(rig.Inviter.First)!, rig.Now).Close);
    }

    // It takes the inviter's place with a code of its own guess, which is another.
    [Fact]
    public void A_relay_that_answers_the_joiner_itself_is_told_from_the_inviter()
    {
        using var rig = new PairingRig();
        using var liar = new PairingInviter(new PairingParty(Other(rig), PairingRig.InviterId, "laptop", PairingRig.Relay), [1], new PairingRig.Seeded(9), rig.Now);
        var answer = rig.ToJoiner(liar.First)!;
        Assert.Equal(MailboxEnd.WrongCode, liar.Receive(answer, rig.Now).Close);

        // Without the key it can only make something up.
        byte[] made = [3, .. new byte[PairingMachine.CiphertextMessageBytes - 1]];
        Assert.Equal(MailboxEnd.WrongCode, rig.Joiner.Receive(made, rig.Now).Close);
        Assert.Equal(PairingProblem.WrongCode, rig.Joiner.Problem);
        Assert.Null(rig.Joiner.Record);
    }

    [Fact]
    public void A_relay_that_answers_the_inviter_itself_is_refused_and_has_one_guess()
    {
        using var rig = new PairingRig();
        using var liar = new PairingJoiner(new PairingParty(Other(rig), PairingRig.JoinerId, "phone", PairingRig.Relay), new PairingRig.Seeded(9), rig.Now);
        Assert.Equal(MailboxEnd.WrongCode, rig.Inviter.Receive(liar.Receive(rig.Inviter.First, rig.Now).Send!, rig.Now).Close);
        using var second = new PairingJoiner(new PairingParty(rig.Code, PairingRig.JoinerId, "phone", PairingRig.Relay), new PairingRig.Seeded(10), rig.Now);
        Assert.Equal(default, rig.Inviter.Receive(second.Receive(rig.Inviter.First, rig.Now).Send!, rig.Now));
    }

    [Fact]
    public void A_changed_device_id_is_refused_by_the_inviter()
    {
        using var rig = new PairingRig();
        var answer = rig.ToJoiner(rig.Inviter.First)!;
        answer[1 + 32] ^= 1;
        Assert.Equal(MailboxEnd.WrongCode, rig.Inviter.Receive(answer, rig.Now).Close);
    }

    // Each byte in turn of each message; a changed share or id shows as a wrong code, all else as interference.
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void A_changed_byte_anywhere_ends_the_pairing_and_nothing_is_handed_over(int which)
    {
        int length;
        using (var rig = new PairingRig()) length = rig.RunToInvite()[which].Length;
        for (var at = 0; at < length; at += at < 130 ? 1 : 101)
        {
            using var rig = new PairingRig();
            Play(rig, (i, message) =>
            {
                if (i == which) message[at] ^= 0x20;
                return message;
            });
            Assert.True(rig.Joiner.Record is null, $"Byte {at} of message {which + 1} was changed and the group was handed over.");
            Assert.True(rig.Joiner.Problem != PairingProblem.None || rig.Inviter.Problem != PairingProblem.None, $"Byte {at} of message {which + 1} was changed unnoticed.");
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void A_message_that_is_cut_or_longer_ends_the_pairing(int which)
    {
        foreach (var change in (Func<byte[], byte[]>[])[m => m[..^1], m => [.. m, 0], m => m[..1], _ => []])
        {
            using var rig = new PairingRig();
            Play(rig, (i, message) => i == which ? change(message) : message);
            Assert.Null(rig.Joiner.Record);
            Assert.True(rig.Joiner.IsOver || rig.Inviter.IsOver);
        }
    }

    [Theory]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("0100000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")]
    [InlineData("ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff")]
    public void A_share_that_is_no_element_or_the_identity_is_refused_on_both_sides(string hex)
    {
        using var rig = new PairingRig();
        var share = rig.Inviter.First.ToArray();
        Convert.FromHexString(hex).CopyTo(share, 2 + 16);
        using (var joiner = rig.Another()) Assert.Equal(MailboxEnd.Interfered, joiner.Receive(share, rig.Now).Close);
        var answer = rig.ToJoiner(rig.Inviter.First)!;
        Convert.FromHexString(hex).CopyTo(answer, 1);
        Assert.Equal(MailboxEnd.Interfered, rig.Inviter.Receive(answer, rig.Now).Close);
    }

    // Whoever knows the code may still send a key that is none.
    [Fact]
    public void A_kem_key_that_is_none_is_refused()
    {
        using var rig = new PairingRig();
        var first = rig.Inviter.First;
        using var cpace = CPace.Begin(rig.Code.Password(), [.. "0ksync/1 pairing"u8, .. PairingRig.Relay, .. rig.Code.Mailbox()], first.AsSpan(2, 16), new byte[64].Select((_, i) => (byte)i).ToArray());
        var isk = new byte[64];
        byte[] inviter = [.. "0ksync/1 pairing inviter"u8, .. PairingRig.InviterId.ToArray()], joiner = [.. "0ksync/1 pairing joiner"u8, .. PairingRig.JoinerId.ToArray()];
        Assert.True(cpace.TryAgree(first.AsSpan(18, 32), new(first.AsSpan(18, 32), inviter), new(cpace.Share, joiner), isk));
        var tag = new byte[64];
        cpace.Confirm(isk, new(cpace.Share, joiner), tag);
        byte[] clear = [2, .. cpace.Share, .. PairingRig.JoinerId.ToArray(), .. tag];
        using var keys = PairingKeys.OfPassword(isk);
        var bad = Enumerable.Repeat((byte)0xff, MlKem768.PublicKeyBytes).ToArray();
        Assert.Equal(MailboxEnd.Interfered, rig.Inviter.Receive([.. clear, .. keys.Seal(0, [.. first, .. clear], bad)], rig.Now).Close);
    }

    [Fact]
    public void Messages_out_of_order_or_twice_end_the_pairing()
    {
        List<byte[]> messages;
        using (var rig = new PairingRig()) messages = rig.RunToInvite();
        for (var skip = 1; skip < 5; skip += 2)
        {
            using var rig = new PairingRig();
            Assert.Equal(MailboxEnd.Interfered, skip == 1 ? rig.Inviter.Receive(messages[3], rig.Now).Close : rig.Joiner.Receive(messages[4], rig.Now).Close);
        }

        using var twice = new PairingRig();
        var answer = twice.ToJoiner(twice.Inviter.First)!;
        Assert.NotNull(twice.ToInviter(answer));
        Assert.Equal(MailboxEnd.Interfered, twice.Inviter.Receive(answer, twice.Now).Close);
        Assert.Equal(MailboxEnd.Interfered, twice.Joiner.Receive(twice.Inviter.First, twice.Now).Close);
    }

    [Fact]
    public void Messages_of_another_run_of_the_same_code_fit_nowhere()
    {
        List<byte[]> old;
        using (var rig = new PairingRig(seed: 1)) old = rig.RunToInvite();
        using var code = new PairingRig(seed: 1);
        using var inviter = new PairingInviter(new PairingParty(code.Code, PairingRig.InviterId, "laptop", PairingRig.Relay), [1], new PairingRig.Seeded(5), code.Now);
        Assert.Equal(MailboxEnd.WrongCode, inviter.Receive(old[1], code.Now).Close);
        using var joiner = code.Another(seed: 6);
        Assert.NotNull(joiner.Receive(inviter.First, code.Now).Send);
        Assert.Equal(MailboxEnd.WrongCode, joiner.Receive(old[2], code.Now).Close);
    }

    [Fact]
    public void Another_version_is_named()
    {
        using var rig = new PairingRig();
        var share = rig.Inviter.First.ToArray();
        share[1] = 2;
        Assert.Equal(MailboxEnd.OtherVersion, rig.Joiner.Receive(share, rig.Now).Close);
        Assert.Equal(PairingProblem.OtherVersion, rig.Joiner.Problem);
    }

    [Fact]
    public void A_code_is_over_after_ten_minutes_and_a_step_after_one()
    {
        using var rig = new PairingRig();
        Assert.Equal(default, rig.Inviter.Tick(TimeSpan.FromMinutes(10) - TimeSpan.FromTicks(1)));
        var answer = rig.ToJoiner(rig.Inviter.First)!;
        Assert.Equal(MailboxEnd.Expired, rig.Inviter.Receive(answer, TimeSpan.FromMinutes(10)).Close);
        Assert.Equal(PairingProblem.Expired, rig.Inviter.Problem);

        using var slow = new PairingRig { Now = TimeSpan.FromMinutes(9.5) };
        Assert.NotNull(slow.ToInviter(slow.ToJoiner(slow.Inviter.First)!));
        Assert.Equal(MailboxEnd.Expired, slow.Joiner.Tick(TimeSpan.FromMinutes(10)).Close);
        Assert.Equal(MailboxEnd.Expired, slow.Inviter.Tick(TimeSpan.FromMinutes(10)).Close);

        using var still = new PairingRig { Now = TimeSpan.FromMinutes(1) };
        still.ToInviter(still.ToJoiner(still.Inviter.First)!);
        Assert.Equal(default, still.Inviter.Tick(TimeSpan.FromSeconds(119)));
        Assert.Equal(MailboxEnd.Expired, still.Inviter.Tick(TimeSpan.FromSeconds(120)).Close);
    }

    [Fact]
    public void A_cancelled_side_says_so_once_and_takes_nothing_more()
    {
        using var rig = new PairingRig();
        Assert.Equal(MailboxEnd.Cancelled, rig.Inviter.Cancel().Close);
        Assert.Equal(default, rig.Inviter.Cancel());
        Assert.Null(rig.ToInviter(rig.ToJoiner(rig.Inviter.First)!));
        rig.Joiner.Ended(MailboxEnd.Cancelled);
        Assert.Equal(PairingProblem.Cancelled, rig.Joiner.Problem);
    }

    [Fact]
    public void A_relay_that_says_done_too_early_is_not_believed()
    {
        using var rig = new PairingRig();
        rig.RunToInvite();
        rig.Inviter.Ended(MailboxEnd.Done);
        Assert.Equal(PairingProblem.PeerLeft, rig.Inviter.Problem);
        Assert.Null(rig.Inviter.Joined);
    }

    [Fact]
    public void The_invite_is_wiped_when_it_is_over()
    {
        var record = new byte[] { 1, 2, 3 };
        using var rig = new PairingRig();
        var inviter = new PairingInviter(new PairingParty(rig.Code, PairingRig.InviterId, "laptop", PairingRig.Relay), record, new PairingRig.Seeded(1), rig.Now);
        inviter.Cancel();
        Assert.Equal(new byte[3], record);
    }

    private static PairingCode Other(PairingRig rig) => PairingCode.TryParse(rig.Mistyped, out var code, out _) ? code : throw new InvalidOperationException();

    // A whole run with someone in between who may change each message; stops where a side has nothing to say.
    private static void Play(PairingRig rig, Func<int, byte[], byte[]> change)
    {
        var message = rig.Inviter.First.ToArray();
        for (var i = 0; message is not null; i++)
        {
            message = change(i, [.. message]);
            message = i % 2 == 0 ? rig.ToJoiner(message) : rig.ToInviter(message);
        }
    }
}
