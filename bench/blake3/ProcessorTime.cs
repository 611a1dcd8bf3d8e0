using System.Runtime.InteropServices;

namespace ZeroK.Bench.Blake3;

/// <summary>User and system time by getrusage (64-bit Linux): .NET tells none of a child that has ended.</summary>
internal static partial class ProcessorTime
{
    private const int Self = 0;
    private const int Children = -1;

    // struct rusage: two timevals of two longs, then 14 counters.
    private const int Longs = 18;

    public static TimeSpan OfThisProcess => Read(Self);

    /// <summary>Of all children that have ended.</summary>
    public static TimeSpan OfChildren => Read(Children);

    private static TimeSpan Read(int who)
    {
        Span<long> usage = stackalloc long[Longs];
        if (GetUsage(who, ref MemoryMarshal.GetReference(usage)) != 0)
            throw new InvalidOperationException("getrusage failed: this bench runs on 64-bit Linux.");
        return TimeSpan.FromSeconds(usage[0] + usage[2]) + TimeSpan.FromMicroseconds(usage[1] + usage[3]);
    }

    [LibraryImport("libc", EntryPoint = "getrusage")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial int GetUsage(int who, ref long usage);
}
