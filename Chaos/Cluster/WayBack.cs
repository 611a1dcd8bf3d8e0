namespace ZeroK.Chaos.Cluster;

/// <summary>What came of starting the older relay again after the newer ones had the database.</summary>
/// <param name="SchemaBefore">The database's schema when only the older relays had had it.</param>
/// <param name="SchemaAfter">The database's schema now.</param>
/// <param name="ExitCode">The older relay's exit code; null if it runs.</param>
/// <param name="Log">What the older relay wrote.</param>
public sealed record WayBack(int SchemaBefore, int SchemaAfter, int? ExitCode, string Log)
{
    // The relay's exit code for a database that can't be used.
    private const int NoData = 4;

    /// <summary>What happened, in words.</summary>
    public string Told => ExitCode is { } code
        ? FormattableString.Invariant($"the older relay refuses schema {SchemaAfter} with exit code {code}: {LastLine}")
        : FormattableString.Invariant($"the older relay runs on schema {SchemaAfter}");

    /// <summary>What is wrong with that; null if nothing is. On its own schema an older relay runs; a newer one it must refuse, and name it.</summary>
    public string? Wrong => (SchemaBefore == SchemaAfter, ExitCode) switch
    {
        (true, null) => null,
        (true, _) => "the older relay does not run on its own schema: " + LastLine,
        (false, null) => FormattableString.Invariant($"the older relay of schema {SchemaBefore} runs on schema {SchemaAfter} that it does not know"),
        (false, NoData) when LastLine.Contains(FormattableString.Invariant($"schema {SchemaAfter}"), StringComparison.Ordinal) => null,
        _ => "the older relay ends without saying that the schema is newer: " + LastLine,
    };

    private string LastLine => Log.TrimEnd().Split('\n')[^1].Trim();
}
