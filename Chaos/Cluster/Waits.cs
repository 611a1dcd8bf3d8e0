namespace ZeroK.Chaos.Cluster;

/// <summary>How long pushes waited for their answers, by fault.</summary>
public static class Waits
{
    /// <summary>The longest wait within a fault's own time: from the fault, and from the push, to the acknowledgement or to the next fault, whichever came first.</summary>
    /// <param name="pushes">When each push was made and acknowledged, microseconds.</param>
    /// <param name="fromUs">When the fault began.</param>
    /// <param name="toUs">When the next one did; the rest of a wait is that one's.</param>
    public static long WorstUs(IEnumerable<(long StartUs, long EndUs)> pushes, long fromUs, long toUs) =>
        pushes.Where(p => p.EndUs > fromUs && p.StartUs < toUs).Select(p => Math.Min(p.EndUs, toUs) - Math.Max(p.StartUs, fromUs)).DefaultIfEmpty().Max();
}
