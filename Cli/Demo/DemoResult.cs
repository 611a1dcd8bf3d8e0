using ZeroK.Wire;

namespace ZeroK.Cli.Demo;

/// <summary>A file on its way from A to B.</summary>
/// <param name="Label">Its name.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="Cursor">Its place in the group's order.</param>
/// <param name="Millis">From A's push to B's application; null if it was pushed before B joined.</param>
/// <param name="IsEqual">Whether the SHA-256 of A's file and of the file on B's disk agree.</param>
internal sealed record DemoFile(string Label, int Bytes, Cursor Cursor, double? Millis, bool IsEqual)
{
    /// <summary>A constant: names and labels are the users' own.</summary>
    public override string ToString() => "[file]";
}

/// <summary>What happened in the demo.</summary>
internal sealed record DemoResult
{
    /// <summary>A constant: names and labels are the users' own.</summary>
    public override string ToString() => "[demo]";

    public required string From { get; init; }
    public required IReadOnlyList<DemoFile> Files { get; init; }
    public required string Reply { get; init; }
    public required string TransportA { get; init; }
    public required string TransportB { get; init; }
    public required string? WhyNotQuic { get; init; }
    public required IReadOnlyList<RelayTable> RelayTables { get; init; }
    public required int PatternsSearched { get; init; }
    public required long BytesSearched { get; init; }

    /// <summary>What went wrong; empty if all is well.</summary>
    public required IReadOnlyList<string> Failures { get; init; }
}
