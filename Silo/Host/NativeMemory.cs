using System.Runtime.InteropServices;

namespace ZeroK.Relay;

/// <summary>The C library's own memory: by default glibc has up to eight arenas a core, and keeps in each what was freed in it. QUIC's library frees from many threads.</summary>
internal static partial class NativeMemory
{
    // From glibc's malloc.h.
    private const int ArenaMax = -8;
    private const int Arenas = 2;

    /// <summary>Asks for few arenas. Another C library has no such call, and needs none.</summary>
    public static void UseFewArenas()
    {
        if (!OperatingSystem.IsLinux()) return;
        try
        {
            _ = SetOption(ArenaMax, Arenas);
        }
        catch (EntryPointNotFoundException)
        {
            // musl.
        }
    }

    [LibraryImport("libc", EntryPoint = "mallopt")]
    private static partial int SetOption(int option, int value);
}
