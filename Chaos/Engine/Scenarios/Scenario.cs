namespace ZeroK.Chaos.Scenarios;

/// <summary>One scenario of the catalogue: injects its fault, and says what must hold.</summary>
public abstract class Scenario
{
    /// <summary>Why it can't run on a tier yet: the condition that it waits for. Null: it runs.</summary>
    public abstract string? WaitsFor(string tier);

    /// <summary>How long one iteration may take. Default 3 minutes.</summary>
    public virtual TimeSpan Limit => TimeSpan.FromMinutes(3);

    /// <summary>What must hold, in the catalogue's words: an iteration that does not look at each of them fails. Default: what the scenario asserts without naming it.</summary>
    public virtual IReadOnlyList<string> Promises => [];

    /// <summary>One iteration. Throws <see cref="ScenarioFailedException"/> when something does not hold.</summary>
    public abstract Task RunAsync(ScenarioRun run, CancellationToken cancellationToken);
}

/// <summary>A scenario that can't run anywhere yet.</summary>
/// <param name="reason">What it waits for.</param>
public abstract class WaitingScenario(string reason) : Scenario
{
    /// <inheritdoc/>
    public override string? WaitsFor(string tier) => reason;

    /// <inheritdoc/>
    public override Task RunAsync(ScenarioRun run, CancellationToken cancellationToken) => throw new InvalidOperationException("A waiting scenario was run: " + reason);
}

/// <summary>A row of the catalogue.</summary>
/// <param name="Id">As in the catalogue, for example E-HS-01.</param>
/// <param name="Category">encryption, transport, content, sync, adversarial, or cross-platform.</param>
/// <param name="Title">A few words.</param>
/// <param name="Tiers">Where it is to run, from the lightest.</param>
/// <param name="Iterations">How often by default.</param>
/// <param name="Create">Makes it.</param>
public sealed record ScenarioRow(string Id, string Category, string Title, IReadOnlyList<string> Tiers, int Iterations, Func<Scenario> Create);

/// <summary>Something that must hold does not.</summary>
public sealed class ScenarioFailedException : Exception
{
    /// <inheritdoc/>
    public ScenarioFailedException() { }

    /// <inheritdoc/>
    public ScenarioFailedException(string message) : base(message) { }

    /// <inheritdoc/>
    public ScenarioFailedException(string message, Exception inner) : base(message, inner) { }
}

/// <summary>A scenario found, at run time, that this machine lacks what it needs.</summary>
public sealed class ScenarioSkippedException : Exception
{
    /// <inheritdoc/>
    public ScenarioSkippedException() { }

    /// <inheritdoc/>
    public ScenarioSkippedException(string message) : base(message) { }

    /// <inheritdoc/>
    public ScenarioSkippedException(string message, Exception inner) : base(message, inner) { }
}
