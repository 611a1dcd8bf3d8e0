using System.Diagnostics;
using System.Globalization;
using Xunit;

namespace ZeroK.EndToEnd.Tests;

/// <summary>One signal ends a command, also one that waits for its input.</summary>
public sealed class InterruptTests() : TwoDevices("interrupt")
{
    [Theory]
    [InlineData("INT", 130, "push", "-")]
    [InlineData("TERM", 143, "push", "-")]
    [InlineData("INT", 130, "session")]
    public async Task One_signal_ends_a_command_that_waits_for_its_input(string signal, int code, params string[] command)
    {
        if (!OperatingSystem.IsLinux()) Assert.Skip("Linux says what a process waits for.");
        using var waiting = Programs.Start(Programs.Cli, [.. command, "--data-dir", DirA]);
        var errors = waiting.StandardError.ReadToEndAsync();

        // What was written is read at once, so that its absence from the pipe says that the command reads.
        await waiting.StandardInput.WriteAsync("  \n");
        await waiting.StandardInput.FlushAsync();
        using var late = new CancellationTokenSource(TimeSpan.FromMinutes(2), TimeProvider.System);
        while (!waiting.HasExited && !await ReadsAsync(waiting, late.Token)) await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, late.Token);
        using var kill = Process.Start("kill", [$"-{signal}", waiting.Id.ToString(CultureInfo.InvariantCulture)]);
        await waiting.WaitForExitAsync(late.Token);
        Assert.Equal(code, waiting.ExitCode);
        Assert.Contains("Interrupted", await errors, StringComparison.Ordinal);
    }

    // A thread that waits in a read is in a call of the kernel whose first argument is standard input, or a copy of it.
    private static async Task<bool> ReadsAsync(Process process, CancellationToken cancellationToken)
    {
        var input = new FileInfo($"/proc/{process.Id}/fd/0").LinkTarget;
        foreach (var thread in Directory.EnumerateDirectories($"/proc/{process.Id}/task"))
        {
            try
            {
                var call = (await File.ReadAllTextAsync(Path.Combine(thread, "syscall"), cancellationToken)).Split(' ');
                if (call.Length > 1 && int.TryParse(call[1].AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var descriptor)
                    && input is not null && new FileInfo($"/proc/{process.Id}/fd/{descriptor}").LinkTarget == input) return true;
            }
            catch (IOException)
            {
                // The thread has ended meanwhile.
            }
        }

        return false;
    }
}
