using System.Runtime.InteropServices;

namespace ZeroK.Relay;

/// <summary>The C library's own memory: by default glibc has up to eight arenas a core, keeps in each what was freed in it, and with each large block that is freed keeps larger ones. QUIC's library frees from many threads.</summary>
internal static partial class NativeMemory
{
    // From glibc's malloc.h.
    private const int ArenaMax = -8;
    private const int TrimThreshold = -1;
    private const int MapThreshold = -3;
    private const int Arenas = 1;
    private const int LargeBytes = 64 * 1024;

    /// <summary>Asks for one arena, and for large blocks to go back to the system when they are freed. Another C library has no such call, and needs none.</summary>
    public static void KeepLittle()
    {
        if (!OperatingSystem.IsLinux()) return;
        try
        {
            _ = SetOption(ArenaMax, Arenas);
            _ = SetOption(MapThreshold, LargeBytes);
            _ = SetOption(TrimThreshold, LargeBytes);
        }
        catch (EntryPointNotFoundException)
        {
            // musl.
        }
    }

    [LibraryImport("libc", EntryPoint = "mallopt")]
    private static partial int SetOption(int option, int value);
}
