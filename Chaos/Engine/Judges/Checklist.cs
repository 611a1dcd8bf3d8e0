namespace ZeroK.Chaos.Judges;

/// <summary>Counts what a judge looked at and keeps what was wrong.</summary>
internal sealed class Checklist(string judge)
{
    private const int FindingsMax = 100;

    private readonly List<Finding> _findings = [];
    private int _checked;

    public Verdict Verdict => new(judge, _checked, _findings);

    /// <summary>One check; the records are the counter-example if it fails.</summary>
    public void That(bool holds, string what, params object[] records)
    {
        _checked++;
        if (!holds && _findings.Count < FindingsMax) _findings.Add(new Finding(what, [.. records.Select(r => r.ToString()!)]));
    }
}
