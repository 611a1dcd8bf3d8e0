using ZeroK.Client;
using ZeroK.Client.Keys;
using ZeroK.Wire;

namespace ZeroK.Chaos.Catalogue.Adversarial;

/// <summary>A-PROTO-03: PUSH before HELLO, a second HELLO, ACK beyond the head, PULL after BYE, operations on another group, and the handshake's messages out of turn; by a stranger and by a member.</summary>
public sealed class OutOfOrderOperations : AttackScenario
{
    /// <inheritdoc/>
    internal override async Task AttackAsync(Attack attack, bool small, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(attack);
        var random = attack.RandomOf("order");
        for (var i = 0; i < (small ? 2 : 20); i++)
        {
            await HandshakeAsync(attack, random, cancellationToken).ConfigureAwait(false);
            foreach (var member in Target.StrangerAndMember)
            {
                await BeforeHelloAsync(attack, member, random, cancellationToken).ConfigureAwait(false);
                await AfterWelcomeAsync(attack, member, random, cancellationToken).ConfigureAwait(false);
            }

            await AnothersGroupAsync(attack, random, cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task HandshakeAsync(Attack attack, Random random, CancellationToken cancellationToken)
    {
        byte[][] outOfTurn = [Intruder.Clear(1, new byte[1216]), [.. Intruder.PrefaceFrame, .. Intruder.PrefaceFrame], [.. Intruder.PrefaceFrame, .. Intruder.Clear(1, new byte[2368])], Intruder.Clear(3, new byte[32])];
        foreach (var bytes in outOfTurn)
        {
            await using var intruder = await Intruder.DialAsync(attack.Target, random, cancellationToken).ConfigureAwait(false);
            await intruder.SendAsync(bytes, cancellationToken).ConfigureAwait(false);
            attack.Got("a handshake message out of turn", await intruder.AnswerAsync(Attack.Patience, cancellationToken).ConfigureAwait(false), ErrorCode.InvalidMessage);
        }
    }

    private static async Task BeforeHelloAsync(Attack attack, bool member, Random random, CancellationToken cancellationToken)
    {
        WireMessage[] early = [new Push([new PushBlob(BlobId.New(), 1, new byte[64])]), new Pull(Cursor.Zero, 10, 1000), new Ack(new Cursor(1)), new ListDevices(), new ContentPut(new byte[32], 1)];
        foreach (var message in early)
        {
            await using var intruder = await attack.Target.ShakeHandsAsync(member, random, cancellationToken).ConfigureAwait(false);
            await intruder.SendAsync(1, message, cancellationToken).ConfigureAwait(false);
            attack.Got($"{message.Type} before HELLO", await intruder.AnswerAsync(Attack.Patience, cancellationToken).ConfigureAwait(false), ErrorCode.Unauthorized);
        }
    }

    private static async Task AfterWelcomeAsync(Attack attack, bool member, Random random, CancellationToken cancellationToken)
    {
        var target = attack.Target;
        var (twice, _) = await target.JoinAsync(member, random, cancellationToken).ConfigureAwait(false);
        await using (twice)
        {
            await twice.SendAsync(2, twice.HelloFor(target.KeysOf(member), target.GroupOf(member), target.IdentityOf(member), false), cancellationToken).ConfigureAwait(false);
            attack.Got("a second HELLO", await twice.AnswerAsync(Attack.Patience, cancellationToken).ConfigureAwait(false), ErrorCode.InvalidMessage);
        }

        var (beyond, welcome) = await target.JoinAsync(member, random, cancellationToken).ConfigureAwait(false);
        await using (beyond)
        {
            await beyond.SendAsync(2, new Ack(new Cursor(welcome.Head.Value + 1_000_000)), cancellationToken).ConfigureAwait(false);
            attack.Got("ACK beyond the head", await beyond.AnswerAsync(Attack.Patience, cancellationToken).ConfigureAwait(false), ErrorCode.InvalidMessage);
        }

        var (gone, _) = await target.JoinAsync(member, random, cancellationToken).ConfigureAwait(false);
        await using (gone)
        {
            await gone.SendAsync(0, new Bye(ErrorCode.None, 0, ""), cancellationToken).ConfigureAwait(false);
            await gone.SendAsync(2, new Pull(Cursor.Zero, 10, 1000), cancellationToken).ConfigureAwait(false);
            attack.Got("PULL after BYE", await gone.AnswerAsync(Attack.Patience, cancellationToken).ConfigureAwait(false), a => a.Kind == AnswerKind.Closed);
        }
    }

    // The group's id is known, its key is not; and a member of one group asks for what is another's.
    private static async Task AnothersGroupAsync(Attack attack, Random random, CancellationToken cancellationToken)
    {
        var target = attack.Target;
        foreach (var create in (bool[])[false, true])
        {
            await using var intruder = await target.ShakeHandsAsync(member: false, random, cancellationToken).ConfigureAwait(false);
            await intruder.SendAsync(1, intruder.HelloFor(target.KeysOf(member: false), target.Group, target.IdentityOf(member: false), create), cancellationToken).ConfigureAwait(false);
            attack.Got("HELLO to another's group with a key of one's own", await intruder.AnswerAsync(Attack.Patience, cancellationToken).ConfigureAwait(false), ErrorCode.Unauthorized);
        }

        using (var borrowed = GroupSecret.Random())
        using (var keys = new KeyRing(borrowed, 1))
        {
            // The right key, signed by another: the proof is wrong.
            await using var intruder = await target.ShakeHandsAsync(member: false, random, cancellationToken).ConfigureAwait(false);
            var hello = intruder.HelloFor(keys, target.Group, target.IdentityOf(member: false), false) with { AdmissionKey = target.KeysOf(member: true).AdmissionKey };
            await intruder.SendAsync(1, hello, cancellationToken).ConfigureAwait(false);
            attack.Got("HELLO with a signature of another key", await intruder.AnswerAsync(Attack.Patience, cancellationToken).ConfigureAwait(false), ErrorCode.Unauthorized);
        }

        var (stranger, _) = await target.JoinAsync(member: false, random, cancellationToken).ConfigureAwait(false);
        await using (stranger)
        {
            await stranger.SendAsync(2, new ContentGet(new byte[32], 1, 0, 1), cancellationToken).ConfigureAwait(false);
            attack.Got("CONTENT_GET of another group's object", await stranger.AnswerAsync(Attack.Patience, cancellationToken).ConfigureAwait(false), a => a.Code == ErrorCode.ContentNotFound || a.Message is ContentState { Code: ErrorCode.ContentNotFound } or ContentPart);
        }
    }
}
