namespace ZeroK.Chaos.Faults;

/// <summary>What is done to containers. The verbs and their meaning are Pumba's, so that Pumba or our own Docker adapter can carry them out.</summary>
public abstract record ContainerFault;

/// <summary>Sends a signal to the main process.</summary>
/// <param name="Signal">A Linux signal's full name. Default SIGKILL.</param>
public sealed record KillFault(string Signal = "SIGKILL") : ContainerFault;

/// <summary>SIGTERM, and SIGKILL after a grace period.</summary>
/// <param name="GraceSeconds">Seconds until SIGKILL. Default 5.</param>
/// <param name="RestartAfter">Starts the container again after so long; null: it stays stopped.</param>
public sealed record StopFault(int GraceSeconds = 5, TimeSpan? RestartAfter = null) : ContainerFault;

/// <summary>Freezes all processes for a while, then lets them go on.</summary>
/// <param name="Duration">For how long; above zero.</param>
public sealed record PauseFault(TimeSpan Duration) : ContainerFault;

/// <summary>Removes the container.</summary>
/// <param name="Force">Also a running one. Default true.</param>
/// <param name="Volumes">Its anonymous volumes too. Default true.</param>
/// <param name="Links">Its links too. Default false.</param>
public sealed record RemoveFault(bool Force = true, bool Volumes = true, bool Links = false) : ContainerFault;

/// <summary>Makes what the container sends worse, by the kernel's netem, for a while.</summary>
/// <param name="Effect">How.</param>
/// <param name="Duration">For how long; above zero.</param>
public sealed record NetemFault(NetemEffect Effect, TimeSpan Duration) : ContainerFault
{
    /// <summary>The network interface in the container. Default eth0.</summary>
    public string Interface { get; init; } = "eth0";

    /// <summary>Only what goes to these addresses, each an IP or a CIDR range. Default: all.</summary>
    public IReadOnlyList<string> Targets { get; init; } = [];

    /// <summary>Only what leaves from these ports. Default: all.</summary>
    public IReadOnlyList<ushort> EgressPorts { get; init; } = [];

    /// <summary>Only what goes to these ports. Default: all.</summary>
    public IReadOnlyList<ushort> IngressPorts { get; init; } = [];

    /// <summary>An image with <c>tc</c>; null: Pumba's own default.</summary>
    public string? TcImage { get; init; }

    /// <summary>Whether Pumba pulls that image each time. Default false: a test network has no way out.</summary>
    public bool PullImage { get; init; }
}

/// <summary>One of netem's effects.</summary>
public abstract record NetemEffect;

/// <summary>Later.</summary>
/// <param name="Ms">Milliseconds, above 0.</param>
/// <param name="JitterMs">Plus or minus, 0 to <paramref name="Ms"/>.</param>
/// <param name="CorrelationPercent">How much one delay depends on the last, 0 to 100.</param>
/// <param name="Distribution">Empty, uniform, normal, pareto or paretonormal.</param>
public sealed record NetemDelay(int Ms, int JitterMs = 0, double CorrelationPercent = 0, string Distribution = "") : NetemEffect;

/// <summary>Lost, each by itself.</summary>
public sealed record NetemLoss(double Percent, double CorrelationPercent = 0) : NetemEffect;

/// <summary>Lost in bursts, by the model of Gilbert and Elliott; all in percent.</summary>
/// <param name="Pg">Chance to go into the bad state.</param>
/// <param name="Pb">Chance to go back into the good one.</param>
/// <param name="OneH">Loss in the bad state.</param>
/// <param name="OneK">Loss in the good state.</param>
public sealed record NetemBurstLoss(double Pg, double Pb = 100, double OneH = 100, double OneK = 0) : NetemEffect;

/// <summary>Sent twice.</summary>
public sealed record NetemDuplicate(double Percent, double CorrelationPercent = 0) : NetemEffect;

/// <summary>A bit flipped.</summary>
public sealed record NetemCorrupt(double Percent, double CorrelationPercent = 0) : NetemEffect;

/// <summary>Slower.</summary>
/// <param name="Rate">tc's words: a number and bit, kbit, mbit or gbit.</param>
/// <param name="PacketOverheadBytes">Added to each packet; may be negative.</param>
/// <param name="CellSizeBytes">Of the simulated link layer.</param>
/// <param name="CellOverheadBytes">Added to each cell; may be negative.</param>
public sealed record NetemRate(string Rate, int PacketOverheadBytes = 0, int CellSizeBytes = 0, int CellOverheadBytes = 0) : NetemEffect;
