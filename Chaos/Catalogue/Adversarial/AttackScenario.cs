using System.Collections.Concurrent;
using ZeroK.Chaos.History;
using ZeroK.Chaos.Judges;
using ZeroK.Chaos.Scenarios;
using ZeroK.Chaos.Topology;

namespace ZeroK.Chaos.Catalogue.Adversarial;

/// <summary>An attack on a relay, beside two devices that work the whole time. The relay answers it as the protocol says, the devices hardly notice, and nothing stays behind.</summary>
/// <remarks>The attack runs once small first: pools, threads and compiled code are made then, and the baseline is taken after it. The clean p99 counts as at least 20 ms: below, the machine's scheduler is what is measured.</remarks>
public abstract class AttackScenario : SyncScenario
{
    internal const string IsRefused = "the attack is refused with the right error code";
    internal const string GoesOn = "legitimate clients keep working: their success rate is 100 % and p99 stays under 5x of its clean value";
    internal const string NothingStays = "the relay neither crashes nor leaks: sessions, handles and memory are back to the baseline within 60 s";

    private const double CleanMsMin = 20;
    private const double TimesMax = 5;
    private static readonly TimeSpan Clean = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan Back = TimeSpan.FromSeconds(60);

    private ResourceUse? _before;

    /// <inheritdoc/>
    public override TimeSpan Limit => TimeSpan.FromMinutes(5);

    /// <inheritdoc/>
    public override IReadOnlyList<string> Promises => [IsRefused, GoesOn, NothingStays];

    /// <summary>How much more the relay may use afterwards than before.</summary>
    protected virtual ResourceAllowance Allowance => new();

    /// <inheritdoc/>
    public override string? WaitsFor(string tier) => tier == "processes" ? null : $"attackers need addresses other than the devices': on the tier {tier} all come from the runner's one";

    /// <summary>The attack.</summary>
    /// <param name="attack">The relay, and what it answered.</param>
    /// <param name="small">A tenth of it will do: it warms the relay up.</param>
    /// <param name="cancellationToken">Gives up.</param>
    internal abstract Task AttackAsync(Attack attack, bool small, CancellationToken cancellationToken);

    /// <inheritdoc/>
    protected sealed override async Task RunAsync(ScenarioRun run, ITopology topology, Load load, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(run);
        ArgumentNullException.ThrowIfNull(topology);
        ArgumentNullException.ThrowIfNull(load);
        if (run.Settings.Transport != "tcp") throw new ScenarioSkippedException("the attackers speak TCP: run it with --transport tcp");
        using var target = await Target.OfAsync(topology).ConfigureAwait(false);
        await using var bystanders = new Bystanders(topology, load);
        bystanders.Start();
        await AttackAsync(new Attack(run, topology, target), small: true, cancellationToken).ConfigureAwait(false);
        await load.ArrivedAsync(cancellationToken).ConfigureAwait(false);
        _before = await BaselineAsync(topology, cancellationToken).ConfigureAwait(false);
        var begin = bystanders.Mark();
        await Task.Delay(Clean, TimeProvider.System, cancellationToken).ConfigureAwait(false);
        var clean = bystanders.Mark();
        var attack = new Attack(run, topology, target);
        await AttackAsync(attack, small: false, cancellationToken).ConfigureAwait(false);
        var end = bystanders.Mark();
        run.Fault(attack.ToString());
        run.That(topology.Relay.Running && await topology.Relay.HealthyAsync(cancellationToken).ConfigureAwait(false), "the relay is not well after the attack");
        await bystanders.StopAsync(cancellationToken).ConfigureAwait(false);
        Judge(run, topology.History.Snapshot(), begin, clean, end);
    }

    /// <inheritdoc/>
    protected override async Task AfterAsync(ScenarioRun run, ITopology topology, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(run);
        ArgumentNullException.ThrowIfNull(topology);
        var startedAt = TimeProvider.System.GetTimestamp();
        Verdict verdict;
        ResourceUse after;
        do
        {
            await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, cancellationToken).ConfigureAwait(false);
            after = await topology.Relay.UseAsync(cancellationToken).ConfigureAwait(false);
            verdict = ResourceJudge.Decide(_before!, after, Allowance);
        }
        while (!verdict.Passed && TimeProvider.System.GetElapsedTime(startedAt) < Back);
        run.Observe($"before {_before}, after {after}");
        run.That(NothingStays, verdict.Passed, verdict.ToString());
    }

    // The sessions that the warm-up left are gone when only the devices' are counted.
    private static async Task<ResourceUse> BaselineAsync(ITopology topology, CancellationToken cancellationToken)
    {
        while (true)
        {
            var use = await topology.Relay.UseAsync(cancellationToken).ConfigureAwait(false);
            if (use.Sessions == topology.Clients.Count && use.Connections == topology.Clients.Count) return use;
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, cancellationToken).ConfigureAwait(false);
        }
    }

    private static void Judge(ScenarioRun run, RunHistory history, long begin, long clean, long end)
    {
        var refused = history.Pushes.Count(p => p.Outcome != CallOutcome.Acknowledged);
        run.That(GoesOn, refused == 0, FormattableString.Invariant($"{refused} of {history.Pushes.Count} pushes were not acknowledged"));
        var (before, during) = (Bystanders.Latencies(history, begin, clean), Bystanders.Latencies(history, clean, end));
        var (was, now) = (Bystanders.Percentile(before, 0.99), Bystanders.Percentile(during, 0.99));
        run.Observe(FormattableString.Invariant($"pushed to delivered, p99: {was:0.0} ms clean ({before.Count}), {now:0.0} ms beside the attack ({during.Count}); median {Bystanders.Percentile(before, 0.5):0.0} and {Bystanders.Percentile(during, 0.5):0.0} ms"));
        run.That(GoesOn, now < TimesMax * Math.Max(was, CleanMsMin), FormattableString.Invariant($"p99 {now:0.0} ms beside the attack, {was:0.0} ms clean"));
    }
}

/// <summary>One run of an attack: what was sent, and how often each answer came.</summary>
internal sealed class Attack(ScenarioRun run, ITopology topology, Target target)
{
    /// <summary>How long the relay may take for an answer.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<string, int> _answers = new();

    public ScenarioRun Run => run;

    public ITopology Topology => topology;

    public Target Target => target;

    /// <summary>A seeded source for one worker of the attack.</summary>
    public Random RandomOf(string worker) => Proxy.Seeds.Random(run.Seed, "attack", worker);

    /// <summary>An answer, and whether it is one of those that are right.</summary>
    public void Got(string sent, Answer answer, Func<Answer, bool> isRight)
    {
        _answers.AddOrUpdate(answer.ToString(), 1, (_, count) => count + 1);
        lock (run) run.That(AttackScenario.IsRefused, isRight(answer), $"{sent}: the relay answered {answer}");
    }

    /// <summary>An answer that must be a refusal with a code.</summary>
    public void Got(string sent, Answer answer, ErrorCode code) => Got(sent, answer, a => a.Kind == AnswerKind.Refused && a.Code == code);

    /// <inheritdoc/>
    public override string ToString() => string.Join(", ", _answers.OrderBy(a => a.Key, StringComparer.Ordinal).Select(a => FormattableString.Invariant($"{a.Value} times {a.Key}")));
}
