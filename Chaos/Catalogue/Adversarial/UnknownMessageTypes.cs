using ZeroK.Wire;

namespace ZeroK.Chaos.Catalogue.Adversarial;

/// <summary>A-PROTO-05: every unassigned type byte, and assigned ones in the wrong direction, by a stranger and by a member: as handshake frames, before HELLO and after WELCOME. Each is answered with INVALID_MESSAGE; an assigned one before HELLO with UNAUTHORIZED.</summary>
public sealed class UnknownMessageTypes : AttackScenario
{
    private const int HandshakeKinds = 4;

    /// <inheritdoc/>
    internal override async Task AttackAsync(Attack attack, bool small, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(attack);
        var random = attack.RandomOf("types");
        var step = small ? 10 : 1;
        for (var kind = HandshakeKinds; kind <= byte.MaxValue; kind += step)
        {
            await using var intruder = await Intruder.DialAsync(attack.Target, random, cancellationToken).ConfigureAwait(false);
            await intruder.SendAsync(Intruder.Clear((byte)kind, new byte[7]), cancellationToken).ConfigureAwait(false);
            attack.Got(FormattableString.Invariant($"handshake frame of kind {kind}"), await intruder.AnswerAsync(Attack.Patience, cancellationToken).ConfigureAwait(false), ErrorCode.InvalidMessage);
        }

        foreach (var member in Target.StrangerAndMember)
        {
            for (var type = 0; type <= byte.MaxValue; type += step)
            {
                if (WireCodec.SenderOf((MessageType)type).HasFlag(Sender.Client)) continue;
                var frame = Intruder.Frame(5, (byte)type, []);
                var assigned = WireCodec.SenderOf((MessageType)type) != Sender.None;
                await using (var early = await attack.Target.ShakeHandsAsync(member, random, cancellationToken).ConfigureAwait(false))
                {
                    await early.SendSealedAsync(assigned ? Valid((MessageType)type) : frame, cancellationToken).ConfigureAwait(false);
                    attack.Got(FormattableString.Invariant($"type 0x{type:x2} before HELLO"), await early.AnswerAsync(Attack.Patience, cancellationToken).ConfigureAwait(false), assigned ? ErrorCode.Unauthorized : ErrorCode.InvalidMessage);
                }

                var (intruder, _) = await attack.Target.JoinAsync(member, random, cancellationToken).ConfigureAwait(false);
                await using (intruder)
                {
                    await intruder.SendSealedAsync(assigned ? Valid((MessageType)type) : frame, cancellationToken).ConfigureAwait(false);
                    attack.Got(FormattableString.Invariant($"type 0x{type:x2} after WELCOME"), await intruder.AnswerAsync(Attack.Patience, cancellationToken).ConfigureAwait(false), ErrorCode.InvalidMessage);
                }
            }
        }
    }

    // A whole message of the relay's: that its bytes are good must not help it.
    private static byte[] Valid(MessageType type) => Intruder.FrameOf(1, type switch
    {
        MessageType.Welcome => new Welcome(new byte[16], Cursor.Zero, Cursor.Zero, Cursor.Zero, 0, default, 0, 1, new RelayLimits(1, 1, 1, 1, 1, 1, 1, 1, 0), ""),
        MessageType.Ok => new Ok(),
        MessageType.PushAck => new PushAck([new PushResult(BlobId.New(), ErrorCode.None, Cursor.Zero, 0, 0)]),
        MessageType.PullResponse => new PullResponse(Cursor.Zero, Cursor.Zero, Cursor.Zero, Cursor.Zero, []),
        MessageType.Notify => new Notify(Cursor.Zero),
        MessageType.DeviceRevoked => new DeviceRevoked(new DeviceId(new byte[32])),
        MessageType.Devices => new Devices([]),
        MessageType.ContentAck => new ContentAck(new byte[32]),
        MessageType.ContentState => new ContentState(ErrorCode.None, false, 0, 0, 0),
        MessageType.ContentPart => new ContentPart(new byte[1]),
        _ => throw new InvalidOperationException($"The relay's message {type} is new: say here how it is made."),
    });
}
