using ZeroK.Channel;
using ZeroK.Chaos.Proxy;
using ZeroK.Chaos.Scenarios;

namespace ZeroK.Chaos.Catalogue.Encryption;

/// <summary>E-HS-01, handshake_disruption_retry: one bit is flipped in the ML-KEM part of a handshake message.</summary>
public sealed class CorruptedHandshakePayload : HandshakeScenario
{
    // The 50 default iterations go once through all slices of all 7 parts.
    private const int Slices = 7;

    // Where the ML-KEM parts lie, behind the frame's 3-byte head: direction, frame, offset, bytes.
    private static readonly (Direction Direction, int Frame, int Offset, int Bytes)[] Parts =
    [
        (Direction.Upstream, 1, 3 + 32, 1184), // message 1: the ephemeral key
        (Direction.Downstream, 0, 3, 1088), // message 2: the ciphertext
        (Direction.Downstream, 0, 3 + 1088 + 32, 1184), // message 2: the ephemeral key
        (Direction.Downstream, 0, 3 + 1088 + 32 + 1184 + 48, 1200), // message 2: the sealed static key
        (Direction.Upstream, 2, 3, 1104), // message 3: the sealed ciphertext
        (Direction.Upstream, 2, 3 + 1104 + 48, 1200), // message 3: the sealed static key
        (Direction.Downstream, 1, 3, 1104), // message 4: the sealed ciphertext
    ];

    /// <inheritdoc/>
    protected override (Direction Direction, TamperPlan Plan) Plan(ScenarioRun run, HandshakeRecord recorded)
    {
        ArgumentNullException.ThrowIfNull(run);
        var part = Parts[run.Iteration % Parts.Length];

        // Each part in slices, so that iterations reach its beginning, its end and all between.
        var slice = run.Iteration / Parts.Length % Slices;
        var (from, to) = (part.Bytes * slice / Slices, part.Bytes * (slice + 1) / Slices);
        return (part.Direction, new TamperPlan(part.Frame, TamperAction.FlipBit, part.Offset + run.Random.Next(from, to), run.Random.Next(8)));
    }

    /// <inheritdoc/>
    protected override void Check(ScenarioRun run, HandshakeOutcome outcome)
    {
        ArgumentNullException.ThrowIfNull(run);
        ArgumentNullException.ThrowIfNull(outcome);
        run.That(outcome.ClientError!.Failure != ChannelFailure.Timeout, "a flipped bit is noticed at once, not at the timeout");
    }
}

/// <summary>E-HS-02: message 1, 2 or 3 is cut at a seeded offset and the stream is closed.</summary>
public sealed class TruncatedHandshakeMessage : HandshakeScenario
{
    /// <inheritdoc/>
    protected override (Direction Direction, TamperPlan Plan) Plan(ScenarioRun run, HandshakeRecord recorded)
    {
        ArgumentNullException.ThrowIfNull(run);
        ArgumentNullException.ThrowIfNull(recorded);
        var (direction, frame, bytes) = (run.Iteration % 3) switch
        {
            0 => (Direction.Upstream, 1, recorded.Up[1].Length),
            1 => (Direction.Downstream, 0, recorded.Down[0].Length),
            _ => (Direction.Upstream, 2, recorded.Up[2].Length),
        };
        return (direction, new TamperPlan(frame, TamperAction.Truncate, run.Random.Next(bytes)));
    }
}

/// <summary>E-HS-03: message 2 or 3 is delivered before its turn.</summary>
public sealed class ReorderedHandshakeMessages : HandshakeScenario
{
    /// <inheritdoc/>
    protected override (Direction Direction, TamperPlan Plan) Plan(ScenarioRun run, HandshakeRecord recorded)
    {
        ArgumentNullException.ThrowIfNull(run);
        ArgumentNullException.ThrowIfNull(recorded);
        return (run.Iteration % 3) switch
        {
            0 => (Direction.Upstream, new TamperPlan(1, TamperAction.InjectBefore, Bytes: recorded.Up[2])),
            1 => (Direction.Downstream, new TamperPlan(0, TamperAction.InjectBefore, Bytes: recorded.Down[1])),
            _ => (Direction.Downstream, new TamperPlan(0, TamperAction.InjectBefore, Bytes: recorded.Down[0])),
        };
    }
}

/// <summary>E-HS-04: a recorded message 1, 2 or 3 of an earlier handshake, or the same message twice. A recording never yields a session.</summary>
public sealed class ReplayedHandshakeMessage : HandshakeScenario
{
    /// <inheritdoc/>
    protected override (Direction Direction, TamperPlan Plan) Plan(ScenarioRun run, HandshakeRecord recorded)
    {
        ArgumentNullException.ThrowIfNull(run);
        ArgumentNullException.ThrowIfNull(recorded);
        return (run.Iteration % 6) switch
        {
            0 => (Direction.Upstream, new TamperPlan(1, TamperAction.Replace, Bytes: recorded.Up[1])),
            1 => (Direction.Downstream, new TamperPlan(0, TamperAction.Replace, Bytes: recorded.Down[0])),
            2 => (Direction.Upstream, new TamperPlan(2, TamperAction.Replace, Bytes: recorded.Up[2])),
            3 => (Direction.Upstream, new TamperPlan(1, TamperAction.Repeat)),
            4 => (Direction.Downstream, new TamperPlan(0, TamperAction.Repeat)),
            _ => (Direction.Upstream, new TamperPlan(2, TamperAction.Repeat)),
        };
    }
}

/// <summary>E-HS-05: a handshake frame announces more than the maximum. It is refused on its length field: the body that never comes is not waited for.</summary>
public sealed class OversizedHandshakePayload : HandshakeScenario
{
    /// <inheritdoc/>
    protected override (Direction Direction, TamperPlan Plan) Plan(ScenarioRun run, HandshakeRecord recorded)
    {
        ArgumentNullException.ThrowIfNull(run);
        byte[] length = [0xFF, (byte)run.Random.Next(256)];
        return (run.Iteration % 3) switch
        {
            0 => (Direction.Upstream, new TamperPlan(1, TamperAction.Relength, Bytes: length)),
            1 => (Direction.Downstream, new TamperPlan(0, TamperAction.Relength, Bytes: length)),
            _ => (Direction.Upstream, new TamperPlan(2, TamperAction.Relength, Bytes: length)),
        };
    }

    /// <inheritdoc/>
    protected override void Check(ScenarioRun run, HandshakeOutcome outcome)
    {
        ArgumentNullException.ThrowIfNull(run);
        ArgumentNullException.ThrowIfNull(outcome);
        run.That(outcome.ClientError!.Failure != ChannelFailure.Timeout && !outcome.RelaySaid.Contains(nameof(ChannelFailure.Timeout), StringComparison.Ordinal), "one side waited for a body above the maximum");
    }
}

/// <summary>E-HS-06: the peer goes silent after message 1, or after message 2. The half-open handshake is freed at the timeout.</summary>
public sealed class HandshakeTimeout : HandshakeScenario
{
    /// <inheritdoc/>
    protected override (Direction Direction, TamperPlan Plan) Plan(ScenarioRun run, HandshakeRecord recorded)
    {
        ArgumentNullException.ThrowIfNull(run);
        return run.Iteration % 2 == 0
            ? (Direction.Downstream, new TamperPlan(0, TamperAction.Silence))
            : (Direction.Upstream, new TamperPlan(2, TamperAction.Silence));
    }

    /// <inheritdoc/>
    protected override void Check(ScenarioRun run, HandshakeOutcome outcome)
    {
        ArgumentNullException.ThrowIfNull(run);
        ArgumentNullException.ThrowIfNull(outcome);
        run.That(outcome.ClientError!.Failure is ChannelFailure.Timeout or ChannelFailure.Transport, $"the client says {outcome.ClientError.Failure}, not that it took too long or that the peer gave up first");
    }
}
