using ZeroK.Chaos.Scenarios;

namespace ZeroK.Chaos.Catalogue;

/// <summary>A row whose scenario is not built yet: it is skipped, with what it waits for.</summary>
/// <param name="reason">What it waits for.</param>
public sealed class Later(string reason) : WaitingScenario(reason)
{
    /// <summary>Rows beyond the first 68 whose faults the suite can't make yet.</summary>
    public const string Faults = "waits for its fault and its judge: not built yet";

    /// <summary>Rows that need who wrote a blob, pairing, removal, or the sender's view in each blob.</summary>
    public const string Members = "waits for members, pairing and rotation, which the product does not have yet";

    /// <summary>Rows that need snapshots.</summary>
    public const string Snapshots = "waits for snapshots, which the product does not have yet";
}
