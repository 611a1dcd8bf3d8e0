namespace ZeroK.Bench.Store;

/// <summary>One round.</summary>
internal sealed record Measured(long Appends, double Seconds, double P50Ms, double P99Ms, double CpuMicrosPerAppend, int AppendsPerTransaction)
{
    public double PerSecond => Appends / Seconds;
}
