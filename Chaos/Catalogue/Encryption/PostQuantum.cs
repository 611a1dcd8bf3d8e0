using ZeroK.Channel;
using ZeroK.Chaos.Proxy;
using ZeroK.Chaos.Scenarios;

namespace ZeroK.Chaos.Catalogue.Encryption;

/// <summary>Attacks on the ML-KEM parts in transit: the hybrid fails as a whole, and the side that notices names the component.</summary>
public abstract class PostQuantumScenario : HandshakeScenario
{
    /// <summary>Where a part lies: behind the frame's 3-byte head.</summary>
    /// <param name="Direction">Which way.</param>
    /// <param name="Frame">The frame of that direction.</param>
    /// <param name="Offset">From the frame's start.</param>
    /// <param name="Bytes">Its size, its seal included.</param>
    protected sealed record Part(Direction Direction, int Frame, int Offset, int Bytes);

    /// <summary>The encapsulated keys of messages 2, 3 and 4.</summary>
    protected static IReadOnlyList<Part> Ciphertexts { get; } = [new(Direction.Downstream, 0, 3, 1088), new(Direction.Upstream, 2, 3, 1104), new(Direction.Downstream, 1, 3, 1104)];

    /// <summary>The ephemeral encapsulation keys, which go in clear.</summary>
    protected static IReadOnlyList<Part> EphemeralKeys { get; } = [new(Direction.Upstream, 1, 3 + 32, 1184), new(Direction.Downstream, 0, 3 + 1088 + 32, 1184)];

    /// <summary>The side that notices: upstream, the relay does.</summary>
    private protected Direction Noticed { get; set; }

    /// <summary>What its error says.</summary>
    private protected ChannelFailure[] Causes { get; set; } = [ChannelFailure.MlKem];

    /// <summary>What its text must name.</summary>
    private protected string Names { get; set; } = "ML-KEM";

    /// <inheritdoc/>
    protected sealed override void Check(ScenarioRun run, HandshakeOutcome outcome)
    {
        ArgumentNullException.ThrowIfNull(run);
        ArgumentNullException.ThrowIfNull(outcome);
        var causes = string.Join(" or ", Causes);
        if (Noticed == Direction.Downstream)
        {
            run.That(Causes.Contains(outcome.ClientError!.Failure), $"the client says {outcome.ClientError.Failure}, not {causes}");
            run.That(outcome.ClientError.Message.Contains(Names, StringComparison.Ordinal), $"the client's error does not name {Names}: {outcome.ClientError.Message}");
        }
        else
        {
            run.That(Causes.Any(c => outcome.RelaySaid.Contains(c.ToString(), StringComparison.Ordinal)), $"the relay says {outcome.RelaySaid}, not {causes}");
            if (run.Tier == "mock") run.That(outcome.RelaySaid.Contains(Names, StringComparison.Ordinal), $"the relay's error does not name {Names}: {outcome.RelaySaid}");
            run.That(outcome.ClientError!.Failure is ChannelFailure.Refused or ChannelFailure.Transport, $"the client was not told that the relay refused: {outcome.ClientError.Failure}");
        }
    }

    /// <inheritdoc/>
    protected override Task MoreAsync(ScenarioRun run, CancellationToken cancellationToken) => HybridOnly.CheckAsync(run, cancellationToken);

    /// <summary>Cuts a part of a frame out, puts another in its place and sets the frame's length.</summary>
    private protected static byte[] Splice(byte[] frame, int offset, int bytes, byte[] with)
    {
        byte[] changed = [.. frame[..offset], .. with, .. frame[(offset + bytes)..]];
        var length = Math.Min(changed.Length - 3, ushort.MaxValue);
        (changed[1], changed[2]) = ((byte)(length >> 8), (byte)length);
        return changed[..(length + 3)];
    }
}

/// <summary>E-PQ-01: one bit of an encapsulated key is flipped.</summary>
public sealed class CorruptedMLKEMCiphertext : PostQuantumScenario
{
    /// <inheritdoc/>
    protected override (Direction Direction, TamperPlan Plan) Plan(ScenarioRun run, HandshakeRecord recorded)
    {
        ArgumentNullException.ThrowIfNull(run);
        var part = Ciphertexts[run.Iteration % Ciphertexts.Count];
        Noticed = part.Direction;
        return (part.Direction, new TamperPlan(part.Frame, TamperAction.FlipBit, part.Offset + run.Random.Next(part.Bytes), run.Random.Next(8)));
    }
}

/// <summary>E-PQ-02: an encapsulated key is one byte short; with the frame's length set to it, or with the frame filled up.</summary>
public sealed class TruncatedMLKEMCiphertext : PostQuantumScenario
{
    /// <inheritdoc/>
    protected override (Direction Direction, TamperPlan Plan) Plan(ScenarioRun run, HandshakeRecord recorded)
    {
        ArgumentNullException.ThrowIfNull(run);
        var part = Ciphertexts[run.Iteration % Ciphertexts.Count];
        var (fill, at) = (run.Iteration / Ciphertexts.Count % 2 == 1, part.Offset + run.Random.Next(part.Bytes));
        Noticed = part.Direction;
        if (!fill) Causes = [ChannelFailure.Malformed];

        // Taking a byte out of a run of equal bytes and filling up with that byte would change nothing: the last byte is replaced by its opposite.
        return (part.Direction, new TamperPlan(part.Frame, TamperAction.Rewrite, Rewrite: frame =>
        {
            var last = frame[part.Offset + part.Bytes - 1];
            byte[] shorter = [.. frame[part.Offset..at], .. frame[(at + 1)..(part.Offset + part.Bytes)]];
            return Splice(frame, part.Offset, part.Bytes, fill ? [.. shorter, (byte)~last] : shorter);
        }));
    }
}

/// <summary>E-PQ-04: encapsulation keys and ciphertexts of 0 bytes, one too few, one too many, and 65,535.</summary>
public sealed class KeySizeBoundaryViolations : PostQuantumScenario
{
    private static readonly Part[] Parts = [.. EphemeralKeys, .. Ciphertexts];

    /// <inheritdoc/>
    protected override (Direction Direction, TamperPlan Plan) Plan(ScenarioRun run, HandshakeRecord recorded)
    {
        ArgumentNullException.ThrowIfNull(run);
        var part = Parts[run.Iteration % Parts.Length];
        var size = (run.Iteration / Parts.Length % 4) switch { 0 => 0, 1 => part.Bytes - 1, 2 => part.Bytes + 1, _ => ushort.MaxValue };
        var filling = new byte[size];
        run.Random.NextBytes(filling);
        Noticed = part.Direction;
        Causes = [size < part.Bytes ? ChannelFailure.Malformed : ChannelFailure.TooLarge];
        return (part.Direction, new TamperPlan(part.Frame, TamperAction.Rewrite, Rewrite: frame =>
        {
            frame.AsSpan(part.Offset, Math.Min(size, part.Bytes)).CopyTo(filling);
            return Splice(frame, part.Offset, part.Bytes, filling);
        }));
    }
}

/// <summary>E-PQ-05: an encapsulation key with a coefficient that is not below the modulus (FIPS 203, section 7.2), all zeros, all 0xFF; a low-order X25519 point. In transit, and shown by a peer in its own name.</summary>
public sealed class MalformedPublicKey : PostQuantumScenario
{
    private const int DhOffset = -32;

    // RFC 7748, section 6.1: points whose multiple by a clamped scalar is zero.
    private static readonly string[] LowOrder =
    [
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "E0EB7A7C3B41B8AE1656E3FAF19FC46ADA098DEB9C32B1FD866205165F49B800",
        "5F9C95BCA3508C24B1D0B1559C83EF5B04445CC4581C8E86D8224EDDD09F1157",
        "ECFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF7F",
        "EDFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF7F",
        "EEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF7F",
    ];

    /// <inheritdoc/>
    protected override (Direction Direction, TamperPlan Plan) Plan(ScenarioRun run, HandshakeRecord recorded)
    {
        ArgumentNullException.ThrowIfNull(run);
        var part = EphemeralKeys[run.Iteration % 2];
        var kind = run.Iteration / 2 % 4;
        Noticed = part.Direction;

        // All coefficients 0 is a key by the standard's checks; its replacement is noticed by the seal of message 2.
        if (kind == 1) Noticed = Direction.Downstream;
        if (kind == 3) (Causes, Names) = ([ChannelFailure.X25519], "X25519");
        var point = Convert.FromHexString(LowOrder[run.Random.Next(LowOrder.Length)]);
        var at = run.Random.Next(384);
        return (part.Direction, new TamperPlan(part.Frame, TamperAction.Rewrite, Rewrite: frame => kind == 3
            ? Splice(frame, part.Offset + DhOffset, 32, point)
            : Splice(frame, part.Offset, part.Bytes, Bad(kind, frame.AsSpan(part.Offset, part.Bytes).ToArray(), at))));
    }

    /// <inheritdoc/>
    protected override async Task MoreAsync(ScenarioRun run, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(run);
        await base.MoreAsync(run, cancellationToken).ConfigureAwait(false);
        using var product = ZeroK.Noise.StaticIdentity.Generate();
        var (peerInitiates, at) = (run.Random.Next(2) == 0, run.Random.Next(384));
        var kind = run.Random.Next(2) * 2;
        string[] keys = ["e.kem", "s.kem", "e.dh"];
        var key = keys[run.Random.Next(keys.Length)];
        var point = Convert.FromHexString(LowOrder[run.Random.Next(LowOrder.Length)]);
        var (peer, outcome, watched) = await HybridOnly.MeetAsync(peerInitiates, c => new ReferencePeer(c, peerInitiates) { Show = (name, k) => name != key ? k : name == "e.dh" ? point : Bad(kind, k, at) }, product, cancellationToken).ConfigureAwait(false);
        await using (outcome.ConfigureAwait(false))
        {
            var cause = key == "e.dh" ? ChannelFailure.X25519 : ChannelFailure.MlKem;
            run.Fault($"a peer showed a malformed {key}");
            run.That(outcome.Channel is null && !outcome.PeerDone, $"a session with a malformed {key}");
            run.That(outcome.Error!.Failure == cause, $"a malformed {key} is called {outcome.Error.Failure} at message {outcome.Error.HandshakeMessage}");
            run.That(watched.IsDisposed, "the connection is still held");
            Leaks.None(run, [.. peer.Secrets, .. Leaks.SecretsOf(product)], [outcome.Error.ToString()]);
        }
    }

    private static byte[] Bad(int kind, byte[] key, int at)
    {
        if (kind == 1) return new byte[key.Length];
        if (kind == 2) return [.. Enumerable.Repeat((byte)0xFF, key.Length)];

        // The first of a pair of 12-bit coefficients becomes the modulus itself, 3329.
        key[3 * at] = 0x01;
        key[3 * at + 1] = (byte)(key[3 * at + 1] & 0xF0 | 0x0D);
        return key;
    }
}
