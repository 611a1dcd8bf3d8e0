using System.Diagnostics;
using ZeroK.Channel;
using ZeroK.Chaos.Proxy;
using ZeroK.Chaos.Scenarios;
using ZeroK.Chaos.Topology;

namespace ZeroK.Chaos.Catalogue.Encryption;

/// <summary>The common course of the handshake scenarios: one handshake is recorded, the next is tampered with and must fail on both sides, in time, with a typed cause and nothing left; the one after must succeed with fresh keys.</summary>
public abstract class HandshakeScenario : Scenario
{
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(3);

    /// <inheritdoc/>
    public override string? WaitsFor(string tier) => tier == "mock" || Topologies.Has(tier) ? null : $"the topology of the tier {tier} is not built yet; the same course runs in memory and on real processes";

    /// <summary>The change to make.</summary>
    /// <param name="run">For seeded choices.</param>
    /// <param name="recorded">Frames of an earlier, whole handshake.</param>
    protected abstract (Direction Direction, TamperPlan Plan) Plan(ScenarioRun run, HandshakeRecord recorded);

    /// <summary>What must hold of the failure beyond the common.</summary>
    protected virtual void Check(ScenarioRun run, HandshakeOutcome outcome)
    {
    }

    /// <inheritdoc/>
    public sealed override async Task RunAsync(ScenarioRun run, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(run);
        await using IHandshakeBench bench = run.Tier == "mock" ? new MemoryBench() : await ProcessBench.StartAsync(run, cancellationToken).ConfigureAwait(false);
        var clean = await bench.TryAsync(null, cancellationToken).ConfigureAwait(false);
        run.That(clean.Succeeded, $"a clean handshake failed: {clean.ClientError?.Message ?? clean.RelaySaid}");
        var (direction, plan) = Plan(run, clean.Record);
        run.Observe(FormattableString.Invariant($"{plan.Action} of frame {plan.Frame} {direction}, offset {plan.Offset}, bit {plan.Bit}"));

        var clock = Stopwatch.StartNew();
        var attacked = await bench.TryAsync((direction, plan), cancellationToken).ConfigureAwait(false);
        if (attacked.Tampered) run.Fault(FormattableString.Invariant($"{plan.Action} of frame {plan.Frame} {direction}"));
        run.That(!attacked.Succeeded, "the session was usable in spite of the attack");
        run.That(clock.Elapsed < bench.Timeout + Margin, FormattableString.Invariant($"it took {clock.Elapsed.TotalSeconds:0.0} s to fail; the timeout is {bench.Timeout.TotalSeconds} s"));
        run.That(attacked.ClientError is { Failure: not ChannelFailure.None, Message.Length: > 20 }, "the client's error names no cause");
        run.Observe($"client: {attacked.ClientError!.Failure}; relay: {attacked.RelaySaid}");
        run.That(attacked.RelaySaid.Length > 0, "the relay did not say that a handshake failed");
        run.That(attacked.ClientError.HandshakeMessage is >= 1 and <= 4 || attacked.LateIsAllowed, $"the client's error names no stage: {attacked.ClientError.Failure} at message {attacked.ClientError.HandshakeMessage}");
        Leaks.None(run, bench.Secrets, [attacked.ClientError.ToString(), attacked.RelaySaid]);
        Check(run, attacked);
        await bench.NothingLeftAsync(run, cancellationToken).ConfigureAwait(false);

        var retry = await bench.TryAsync(null, cancellationToken).ConfigureAwait(false);
        run.That(retry.Succeeded, $"the retry failed: {retry.ClientError?.Message ?? retry.RelaySaid}");
        run.That(!retry.Record.Up[1].AsSpan().SequenceEqual(attacked.Record.Up[1]) && !retry.Record.Up[1].AsSpan().SequenceEqual(clean.Record.Up[1]), "message 1 came again: the ephemeral keys are not fresh");
        run.That(!retry.Record.Up[1].AsSpan(3, 32).SequenceEqual(attacked.Record.Up[1].AsSpan(3, 32)), "the ephemeral X25519 key came again");
        run.That(!retry.Record.Up[1].AsSpan(35, 1184).SequenceEqual(attacked.Record.Up[1].AsSpan(35, 1184)), "the ephemeral ML-KEM key came again");
        await MoreAsync(run, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>What else must hold, beside this one attack.</summary>
    protected virtual Task MoreAsync(ScenarioRun run, CancellationToken cancellationToken) => Task.CompletedTask;
}

/// <summary>The frames of a handshake as their senders sent them. Up: preface, message 1, message 3. Down: message 2, message 4.</summary>
public sealed record HandshakeRecord(IReadOnlyList<byte[]> Up, IReadOnlyList<byte[]> Down);

/// <summary>How a try to get a session ended.</summary>
/// <param name="Succeeded">A session was there, and a frame went each way.</param>
/// <param name="ClientError">Why not, on the client's side.</param>
/// <param name="RelaySaid">Why not, on the relay's side: its error, or what it counted.</param>
/// <param name="Tampered">Whether the change took effect.</param>
/// <param name="Record">The frames.</param>
public sealed record HandshakeOutcome(bool Succeeded, ChannelException? ClientError, string RelaySaid, bool Tampered, HandshakeRecord Record)
{
    /// <summary>The client had read message 4 when it failed: a repeated message 3 is noticed by the relay as a session message that does not open.</summary>
    public bool LateIsAllowed => ClientError is { HandshakeMessage: 0 } && Record.Down.Count == 2;
}

/// <summary>Where handshakes are tried.</summary>
public interface IHandshakeBench : IAsyncDisposable
{
    /// <summary>The handshake's timeout.</summary>
    TimeSpan Timeout { get; }

    /// <summary>The long-lived secrets of the sides that run in this process, raw: what no error may show.</summary>
    IReadOnlyList<byte[]> Secrets { get; }

    /// <summary>Tries to get a session and to use it.</summary>
    Task<HandshakeOutcome> TryAsync((Direction Direction, TamperPlan Plan)? attack, CancellationToken cancellationToken);

    /// <summary>Asserts that nothing of failed tries is left on either side.</summary>
    Task NothingLeftAsync(ScenarioRun run, CancellationToken cancellationToken);
}
