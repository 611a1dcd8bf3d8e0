using System.Runtime.InteropServices;

namespace ZeroK.Bench.Crypto;

/// <summary>Processor time of the calling thread (clock_gettime, 64-bit Linux): what other work on the machine does not blur.</summary>
internal static partial class ThreadTime
{
    private const int ThreadProcessorTime = 3;

    public static TimeSpan Now
    {
        get
        {
            Span<long> time = stackalloc long[2];
            if (GetTime(ThreadProcessorTime, ref MemoryMarshal.GetReference(time)) != 0)
                throw new InvalidOperationException("clock_gettime failed: this bench runs on 64-bit Linux.");
            return TimeSpan.FromSeconds(time[0]) + TimeSpan.FromTicks(time[1] / TimeSpan.NanosecondsPerTick);
        }
    }

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial int GetTime(int clock, ref long time);
}
