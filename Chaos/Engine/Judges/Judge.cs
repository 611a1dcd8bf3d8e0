using ZeroK.Chaos.History;

namespace ZeroK.Chaos.Judges;

/// <summary>What is wrong, and the few records that prove it.</summary>
/// <param name="What">One sentence.</param>
/// <param name="CounterExample">The records: with these alone the judge finds the same.</param>
public sealed record Finding(string What, IReadOnlyList<string> CounterExample)
{
    /// <inheritdoc/>
    public override string ToString() => What + ": " + string.Join("; ", CounterExample);
}

/// <summary>A judge's answer. A judge that had nothing to look at has not passed anything.</summary>
/// <param name="Judge">Which judge.</param>
/// <param name="Checked">How many things it looked at.</param>
/// <param name="Findings">What is wrong; empty if nothing.</param>
public sealed record Verdict(string Judge, int Checked, IReadOnlyList<Finding> Findings)
{
    /// <summary>Whether it looked at something and found nothing wrong.</summary>
    public bool Passed => Checked > 0 && Findings.Count == 0;

    /// <inheritdoc/>
    public override string ToString() => Passed ? FormattableString.Invariant($"{Judge}: {Checked} checked") : Checked == 0 ? $"{Judge}: not evaluated" : $"{Judge}: {Findings[0]}" + (Findings.Count > 1 ? FormattableString.Invariant($" (and {Findings.Count - 1} more)") : "");
}

/// <summary>Decides over a finished run. Pure: the same history, the same verdict.</summary>
/// <param name="Name">What it stands for.</param>
/// <param name="Decide">The decision.</param>
public sealed record Judge(string Name, Func<RunHistory, Verdict> Decide);
