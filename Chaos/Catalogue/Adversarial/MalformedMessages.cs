using ZeroK.Noise;
using ZeroK.Wire;

namespace ZeroK.Chaos.Catalogue.Adversarial;

/// <summary>A-PROTO-01: 10,000 seeded mutations of valid frames and random bytes: of the handshake's first frames, and, sealed, of messages before HELLO and after WELCOME, by a stranger and by a member.</summary>
/// <remarks>A mutation may still be a valid message, and is then answered as one. What is cut short waits for its rest: the sender ends its side, and the relay must end the connection.</remarks>
public sealed class MalformedMessages : AttackScenario
{
    private const int BeforeHandshake = 9_000;
    private const int AfterHandshake = 250;

    /// <inheritdoc/>
    internal override async Task AttackAsync(Attack attack, bool small, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(attack);
        var part = small ? 20 : 1;
        await InClearAsync(attack, BeforeHandshake / part, cancellationToken).ConfigureAwait(false);
        foreach (var member in Target.StrangerAndMember)
        {
            await SealedAsync(attack, member, joined: false, AfterHandshake / part, cancellationToken).ConfigureAwait(false);
            await SealedAsync(attack, member, joined: true, AfterHandshake / part, cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task InClearAsync(Attack attack, int count, CancellationToken cancellationToken)
    {
        var random = attack.RandomOf("clear");
        using var identity = StaticIdentity.Generate();
        var valid = Intruder.FreshFirst(identity);
        for (var i = 0; i < count; i++)
        {
            await using var intruder = await Intruder.DialAsync(attack.Target, random, cancellationToken).ConfigureAwait(false);
            await intruder.SendAsync(Mutation.Of(valid, random), cancellationToken).ConfigureAwait(false);
            intruder.EndSending();
            attack.Got("a mutation of message 1", await intruder.AnswerAsync(Attack.Patience, cancellationToken).ConfigureAwait(false), a => a.Kind == AnswerKind.Closed || (a.Kind == AnswerKind.Refused && a.Code is ErrorCode.InvalidMessage or ErrorCode.UnsupportedVersion or ErrorCode.TooManyConnections));
        }
    }

    private static async Task SealedAsync(Attack attack, bool member, bool joined, int count, CancellationToken cancellationToken)
    {
        var random = attack.RandomOf($"sealed {member} {joined}");
        for (var i = 0; i < count; i++)
        {
            var intruder = joined
                ? (await attack.Target.JoinAsync(member, random, cancellationToken).ConfigureAwait(false)).Intruder
                : await attack.Target.ShakeHandsAsync(member, random, cancellationToken).ConfigureAwait(false);
            await using (intruder)
            {
                WireMessage message = joined ? Harmless(random) : intruder.HelloFor(attack.Target.KeysOf(member), attack.Target.GroupOf(member), attack.Target.IdentityOf(member), create: !member);
                await intruder.SendSealedAsync(Mutation.Of(Intruder.FrameOf(2, message), random), cancellationToken).ConfigureAwait(false);
                intruder.EndSending();
                attack.Got($"a mutation of {message.Type}", await intruder.AnswerAsync(Attack.Patience, cancellationToken).ConfigureAwait(false), a => a.Kind is AnswerKind.Closed or AnswerKind.Message || (a.Kind == AnswerKind.Refused && a.Code is not (ErrorCode.Internal or ErrorCode.StoreUnavailable)));
            }
        }
    }

    // Messages that change nothing of the group if the mutation leaves them valid.
    private static WireMessage Harmless(Random random) => random.Next(6) switch
    {
        0 => new Pull(Cursor.Zero, 10, 1000),
        1 => new ListDevices(),
        2 => new ContentGet(new byte[32], 1, 0, 1),
        3 => new ContentPut(new byte[32], 1),
        4 => new Delete([BlobId.New()]),
        _ => new Ack(Cursor.Zero),
    };
}

/// <summary>A seeded change of valid bytes.</summary>
internal static class Mutation
{
    private const int RandomBytesMax = 2048;

    /// <summary>Bits flipped, bytes set, cut, doubled, or replaced by random ones altogether.</summary>
    public static byte[] Of(byte[] valid, Random random)
    {
        var bytes = (byte[])valid.Clone();
        switch (random.Next(5))
        {
            case 0:
                for (var n = random.Next(1, 9); n > 0; n--) bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
                return bytes;
            case 1:
                random.NextBytes(bytes.AsSpan(random.Next(bytes.Length)));
                return bytes;
            case 2:
                return bytes[..random.Next(bytes.Length)];
            case 3:
                return [.. bytes[..random.Next(bytes.Length)], .. bytes[random.Next(bytes.Length)..]];
            default:
                var any = new byte[random.Next(1, RandomBytesMax)];
                random.NextBytes(any);
                return any;
        }
    }
}
