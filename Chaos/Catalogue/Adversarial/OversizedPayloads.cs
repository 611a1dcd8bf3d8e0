using ZeroK.Wire;

namespace ZeroK.Chaos.Catalogue.Adversarial;

/// <summary>A-PROTO-04: frames and blobs above each limit, and lengths that lie, before the handshake, before HELLO and after WELCOME. Of each frame only its length comes: who waits for the body can't answer.</summary>
public sealed class OversizedPayloads : AttackScenario
{
    private const string BeforeTheBody = "refused on the length field, before the body is buffered";
    private static readonly uint[] Lies = [0, 1, 4, WireLimits.FrameBytesMax + 1, 64 * 1024 * 1024, int.MaxValue, uint.MaxValue];

    /// <inheritdoc/>
    public override IReadOnlyList<string> Promises => [.. base.Promises, BeforeTheBody];

    /// <inheritdoc/>
    internal override async Task AttackAsync(Attack attack, bool small, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(attack);
        var random = attack.RandomOf("oversized");
        for (var i = 0; i < (small ? 1 : 10); i++)
        {
            await HandshakeAsync(attack, random, cancellationToken).ConfigureAwait(false);
            foreach (var member in Target.StrangerAndMember)
            {
                foreach (var length in Lies.Append<uint>(WireLimits.HelloFrameBytesMax + 1))
                {
                    await using var early = await attack.Target.ShakeHandsAsync(member, random, cancellationToken).ConfigureAwait(false);
                    await HeadAloneAsync(attack, early, length, cancellationToken).ConfigureAwait(false);
                }

                foreach (var length in Lies)
                {
                    var (intruder, _) = await attack.Target.JoinAsync(member, random, cancellationToken).ConfigureAwait(false);
                    await using (intruder) await HeadAloneAsync(attack, intruder, length, cancellationToken).ConfigureAwait(false);
                }

                foreach (var (what, frame) in Bodies())
                {
                    var (intruder, _) = await attack.Target.JoinAsync(member, random, cancellationToken).ConfigureAwait(false);
                    await using (intruder)
                    {
                        await intruder.SendSealedAsync(frame, cancellationToken).ConfigureAwait(false);
                        attack.Got(what, await intruder.AnswerAsync(Attack.Patience, cancellationToken).ConfigureAwait(false), ErrorCode.InvalidMessage);
                    }
                }
            }
        }
    }

    private static async Task HandshakeAsync(Attack attack, Random random, CancellationToken cancellationToken)
    {
        byte[][] heads = [[0, 0xFF, 0xFF], [0, 0, 8], [.. Intruder.PrefaceFrame, 1, 0xFF, 0xFF], [.. Intruder.PrefaceFrame, 1, 0x04, 0xC1], [.. Intruder.PrefaceFrame, 1, 0, 0]];
        foreach (var head in heads)
        {
            await using var intruder = await Intruder.DialAsync(attack.Target, random, cancellationToken).ConfigureAwait(false);
            await intruder.SendAsync(head, cancellationToken).ConfigureAwait(false);
            Refused(attack, $"handshake frame {Convert.ToHexString(head)}", await intruder.AnswerAsync(Attack.Patience, cancellationToken).ConfigureAwait(false));
        }
    }

    private static async Task HeadAloneAsync(Attack attack, Intruder intruder, uint length, CancellationToken cancellationToken)
    {
        await intruder.SendSealedAsync(Intruder.Frame(length, (byte)MessageType.Push, []).AsMemory(0, 4), cancellationToken).ConfigureAwait(false);
        Refused(attack, FormattableString.Invariant($"a frame of {length} bytes"), await intruder.AnswerAsync(Attack.Patience, cancellationToken).ConfigureAwait(false));
    }

    private static void Refused(Attack attack, string what, Answer answer)
    {
        attack.Got(what, answer, ErrorCode.InvalidMessage);
        attack.Run.That(BeforeTheBody, answer.Kind == AnswerKind.Refused, $"{what}: {answer}");
    }

    // Whole frames of allowed length; what lies is inside them.
    private static IEnumerable<(string What, byte[] Frame)> Bodies()
    {
        yield return ("a blob above the limit", Whole(MessageType.Push, [0x91, 0x91, 0x93, 0xC4, 16, .. new byte[16], 1, 0xC6, .. Big(WireLimits.EnvelopeBytesMax + 1), .. new byte[WireLimits.EnvelopeBytesMax + 1]]));
        yield return ("an array of 4,294,967,295", Whole(MessageType.Push, [0x91, 0xDD, 0xFF, 0xFF, 0xFF, 0xFF]));
        yield return ("a blob that says 2 GiB", Whole(MessageType.Push, [0x91, 0x91, 0x93, 0xC4, 16, .. new byte[16], 1, 0xC6, 0x7F, 0xFF, 0xFF, 0xFF]));
        yield return ("more blobs than a PUSH may have", Whole(MessageType.Push, [0x91, 0xDC, 0x01, 0x01, .. Enumerable.Repeat<byte[]>([0x93, 0xC4, 16, .. new byte[16], 1, 0xC4, 1, 0], WireLimits.PushBlobsMax + 1).SelectMany(b => b)]));
        yield return ("a hash of 33 bytes", Whole(MessageType.ContentGet, [0x94, 0xC4, 33, .. new byte[33], 1, 0, 1]));
    }

    private static byte[] Whole(MessageType type, byte[] body) => Intruder.Frame((uint)(5 + body.Length), (byte)type, body);

    private static byte[] Big(int value) => [(byte)(value >> 24), (byte)(value >> 16), (byte)(value >> 8), (byte)value];
}
