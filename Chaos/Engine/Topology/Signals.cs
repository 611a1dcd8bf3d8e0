using System.ComponentModel;
using System.Runtime.InteropServices;

namespace ZeroK.Chaos.Topology;

/// <summary>Signals that .NET can't send.</summary>
internal static partial class Signals
{
    public const int Stop = 19;
    public const int Terminate = 15;
    public const int Continue = 18;

    public static void Send(int process, int signal)
    {
        if (Kill(process, signal) != 0) throw new Win32Exception(Marshal.GetLastPInvokeError());
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int pid, int signal);
}
