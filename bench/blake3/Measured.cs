namespace ZeroK.Bench.Blake3;

/// <summary>One row: what is run, what it is compared with, and its times.</summary>
internal sealed class Measured(string name, Func<(string? Hash, Cost Cost)> run, Measured? reference = null)
{
    private readonly List<Cost> _costs = [];

    public string Name => name;

    public Measured? Reference => reference;

    /// <summary>What the last run found; all rows must agree. Null where a row computes something else.</summary>
    public string? Hash { get; private set; }

    public IReadOnlyList<Cost> Costs => _costs;

    public void Run()
    {
        (Hash, var cost) = run();
        _costs.Add(cost);
    }
}

/// <summary>Time by the clock, and by the processor (user and system, all threads): the second hardly depends on who else is at work.</summary>
internal readonly record struct Cost(TimeSpan Wall, TimeSpan Processor);
