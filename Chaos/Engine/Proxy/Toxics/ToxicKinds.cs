namespace ZeroK.Chaos.Proxy.Toxics;

/// <summary>Every toxic. A new one is one file in this folder and one row here; the contract suite takes it from here.</summary>
public static class ToxicKinds
{
    private const double HourMs = 3_600_000;
    private const double Gigabyte = 1_000_000_000;

    /// <summary>The list.</summary>
    public static IReadOnlyList<ToxicKind> All { get; } =
    [
        new("noop", Harm.None, Harm.None, [], _ => new Noop()),
        new("latency", Harm.Delays, Harm.Delays | Harm.Reorders, [Ms("latency"), Ms("jitter")], a => new Latency(a["latency"], a["jitter"])),
        new("bandwidth", Harm.Delays | Harm.Splits, Harm.Delays | Harm.Drops, [new("rate", 0, 0, 10_000_000)], a => new Bandwidth(a["rate"])),
        new("slicer", Harm.Splits | Harm.Delays, Harm.None, [new("average_size", 64, 1, 65_536), new("size_variation", 0, 0, 65_535), new("delay", 0, 0, HourMs * 1000)], a => new Slicer((int)a["average_size"], (int)a["size_variation"], a["delay"])),
        new("limit_data", Harm.Drops | Harm.Splits | Harm.Closes, Harm.Drops, [new("bytes", 0, 0, Gigabyte)], a => new LimitData((long)a["bytes"])),
        new("timeout", Harm.Drops | Harm.Closes, Harm.Drops, [Ms("timeout")], a => new Timeout(a["timeout"])),
        new("slow_close", Harm.Delays, Harm.None, [Ms("delay")], a => new SlowClose(a["delay"])),
        new("reset_peer", Harm.Drops | Harm.Closes, Harm.Drops, [Ms("timeout")], a => new ResetPeer(a["timeout"])),
        new("loss", Harm.Delays | Harm.Splits, Harm.Drops, [Percent("percent"), new("retransmit", 200, 1, HourMs)], a => new Loss(a["percent"] / 100, a["retransmit"])),
        new("burst_loss", Harm.Delays | Harm.Splits, Harm.Drops, [Percent("percent"), Percent("correlation"), new("retransmit", 200, 1, HourMs)], a => new BurstLoss(a["percent"] / 100, a["correlation"] / 100, a["retransmit"])),
        new("duplicate", Harm.None, Harm.Duplicates, [Percent("percent")], a => new Duplicate(a["percent"] / 100)),
        new("reorder", Harm.None, Harm.Delays | Harm.Reorders, [Percent("percent"), new("delay", 10, 0, HourMs)], a => new Reorder(a["percent"] / 100, a["delay"])),
        new("corrupt", Harm.Corrupts, Harm.Corrupts, [Percent("percent")], a => new Corrupt(a["percent"] / 100)),
        new("partition", Harm.Holds, Harm.Drops, [], _ => new Partition()),
    ];

    /// <summary>The kind of this name; null if there is none.</summary>
    public static ToxicKind? Find(string type) => All.FirstOrDefault(k => k.Type == type);

    private static ToxicAttribute Ms(string name) => new(name, 0, 0, HourMs);

    private static ToxicAttribute Percent(string name) => new(name, 0, 0, 100);
}
