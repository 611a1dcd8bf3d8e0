using ZeroK.Wire;

namespace ZeroK.Chaos.Catalogue.Adversarial;

/// <summary>A-PROTO-02: frames of this and of earlier sessions, recorded and sent again: of the handshake, sealed, and as messages; by a stranger and by a member. What does not open ends its connection without a word, as the protocol says.</summary>
public sealed class Replay : AttackScenario
{
    private const string NothingChanges = "no state changes from a replayed frame";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Promises => [.. base.Promises, NothingChanges];

    /// <inheritdoc/>
    internal override async Task AttackAsync(Attack attack, bool small, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(attack);
        var random = attack.RandomOf("replay");
        var (sessions, joined) = (await SessionsAsync(attack, cancellationToken).ConfigureAwait(false), attack.Target.Joined);
        for (var i = 0; i < (small ? 2 : 20); i++)
        {
            foreach (var member in Target.StrangerAndMember)
            {
                await HandshakeAsync(attack, member, random, cancellationToken).ConfigureAwait(false);
                await SealedAsync(attack, member, random, cancellationToken).ConfigureAwait(false);
                await HelloAsync(attack, member, random, cancellationToken).ConfigureAwait(false);
            }

            await PushAsync(attack, random, cancellationToken).ConfigureAwait(false);
        }

        var made = await SessionsAsync(attack, cancellationToken).ConfigureAwait(false) - sessions;
        joined = attack.Target.Joined - joined;
        attack.Run.That(NothingChanges, (int)made == joined, FormattableString.Invariant($"{joined} sessions were made in order, and the relay counted {made}"));
    }

    private static async Task HandshakeAsync(Attack attack, bool member, Random random, CancellationToken cancellationToken)
    {
        var (recorded, _) = await attack.Target.JoinAsync(member, random, cancellationToken).ConfigureAwait(false);
        await recorded.DisposeAsync().ConfigureAwait(false);
        await using var again = await Intruder.DialAsync(attack.Target, random, cancellationToken).ConfigureAwait(false);
        await again.SendAsync((byte[])[.. recorded.First, .. recorded.Third], cancellationToken).ConfigureAwait(false);
        attack.Got("a recorded handshake", await again.AnswerAsync(Attack.Patience, cancellationToken).ConfigureAwait(false), ErrorCode.InvalidMessage);
    }

    // The same sealed bytes twice in their session, and in a later one.
    private static async Task SealedAsync(Attack attack, bool member, Random random, CancellationToken cancellationToken)
    {
        var (session, _) = await attack.Target.JoinAsync(member, random, cancellationToken).ConfigureAwait(false);
        byte[] recorded;
        await using (session)
        {
            await session.SendAsync(2, new Presence(default, Cursor.Zero, 0, 0), cancellationToken).ConfigureAwait(false);
            recorded = session.LastSealed;
            await session.SendAsync(recorded, cancellationToken).ConfigureAwait(false);
            attack.Got("a sealed frame twice", await session.AnswerAsync(Attack.Patience, cancellationToken).ConfigureAwait(false), a => a.Kind == AnswerKind.Closed);
        }

        var (later, _) = await attack.Target.JoinAsync(member, random, cancellationToken).ConfigureAwait(false);
        await using (later)
        {
            await later.SendAsync(recorded, cancellationToken).ConfigureAwait(false);
            attack.Got("a sealed frame of an earlier session", await later.AnswerAsync(Attack.Patience, cancellationToken).ConfigureAwait(false), a => a.Kind == AnswerKind.Closed);
        }
    }

    private static async Task HelloAsync(Attack attack, bool member, Random random, CancellationToken cancellationToken)
    {
        var target = attack.Target;
        Hello recorded;
        await using (var earlier = await target.ShakeHandsAsync(member, random, cancellationToken).ConfigureAwait(false))
            recorded = earlier.HelloFor(target.KeysOf(member), target.GroupOf(member), target.IdentityOf(member), false);
        await using var later = await target.ShakeHandsAsync(member, random, cancellationToken).ConfigureAwait(false);
        await later.SendAsync(1, recorded, cancellationToken).ConfigureAwait(false);
        attack.Got("HELLO of an earlier session", await later.AnswerAsync(Attack.Patience, cancellationToken).ConfigureAwait(false), ErrorCode.Unauthorized);
    }

    // A stranger's PUSH again: the same place, and the log is no longer than before.
    private static async Task PushAsync(Attack attack, Random random, CancellationToken cancellationToken)
    {
        var (session, welcome) = await attack.Target.JoinAsync(member: false, random, cancellationToken).ConfigureAwait(false);
        var push = new Push([new PushBlob(BlobId.New(), welcome.LastSequence + 1, new byte[64])]);
        var cursors = new List<ulong>();
        await using (session)
        {
            for (uint request = 2; request < 5; request++)
            {
                await session.SendAsync(request, push, cancellationToken).ConfigureAwait(false);
                var answer = await session.AnswerAsync(Attack.Patience, cancellationToken).ConfigureAwait(false);
                attack.Got("a PUSH again", answer, a => a.Message is PushAck { Results: [{ Code: ErrorCode.None }] });
                cursors.Add(((PushAck)answer.Message!).Results[0].Cursor.Value);
            }
        }

        var (after, head) = await attack.Target.JoinAsync(member: false, random, cancellationToken).ConfigureAwait(false);
        await after.DisposeAsync().ConfigureAwait(false);
        attack.Run.That(NothingChanges, cursors.Distinct().Count() == 1 && head.Head.Value == welcome.Head.Value + 1, FormattableString.Invariant($"one PUSH sent three times got cursors {string.Join(", ", cursors)}; the head went from {welcome.Head.Value} to {head.Head.Value}"));
    }

    // What the relay shows of its figures may be half a second old.
    private static async Task<double> SessionsAsync(Attack attack, CancellationToken cancellationToken)
    {
        await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, cancellationToken).ConfigureAwait(false);
        return await attack.Topology.Relay.MetricAsync("zerok_handshakes_total", "\"ok\"", cancellationToken).ConfigureAwait(false);
    }
}
