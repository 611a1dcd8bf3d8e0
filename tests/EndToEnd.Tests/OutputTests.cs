using System.Diagnostics;
using Xunit;

namespace ZeroK.EndToEnd.Tests;

/// <summary>Readers of standard output that go away, close it, or can't keep what they get: what did not get out comes again.</summary>
public sealed class OutputTests() : TwoDevices("output")
{
    private const int Blobs = 3;

    [Theory]
    [InlineData("pull", "| true", 141, 0)]
    [InlineData("watch", "| true", 141, 0)]
    [InlineData("session", "| true", 141, 0)]
    [InlineData("pull", "> /dev/full", 1, 0)]
    [InlineData("session", "> /dev/full", 1, 0)]
    [InlineData("pull", ">&-", 1, 0)]
    [InlineData("pull", "| read -r line", 141, 1)]
    [InlineData("watch", "| read -r line", 141, 1)]
    [InlineData("pull", "| cat", 0, Blobs)]
    [InlineData("pull", "2>/dev/full | cat", 0, Blobs)]
    public async Task What_did_not_get_out_was_not_acknowledged(string verb, string reader, int code, int taken)
    {
        if (!OperatingSystem.IsLinux()) Assert.Skip("A shell with pipes and /dev/full is needed.");
        for (var i = 0; i < Blobs; i++) await Programs.RunCliAsync(DirA, "", "push", $"text {i}");
        var codeFile = Path.Combine(Root, "code");
        var line = $"{{ dotnet '{Programs.Cli}' {verb} --data-dir '{DirB}' < '{Input}'; echo $? > '{codeFile}'; }} {reader}";
        await ShellAsync(line);
        Assert.Equal(code, int.Parse((await File.ReadAllTextAsync(codeFile)).Trim(), System.Globalization.CultureInfo.InvariantCulture));
        var rest = await Programs.RunCliAsync(DirB, "", "pull");
        Assert.Equal(Blobs - taken, rest.Split('\n').Count(l => l.Contains("\"received\"", StringComparison.Ordinal)));
    }

    // Input that neither says anything nor ends, as of a program that keeps a session: both ends of a pipe, held by the shell.
    private string Input => Path.Combine(Root, "input");

    private async Task ShellAsync(string line)
    {
        var start = new ProcessStartInfo("bash", ["-c", $"mkfifo '{Input}'; exec 3<>'{Input}'; {line}"]) { RedirectStandardError = true, RedirectStandardOutput = true, RedirectStandardInput = true };
        using var shell = Process.Start(start)!;
        var (output, errors) = (shell.StandardOutput.ReadToEndAsync(), shell.StandardError.ReadToEndAsync());
        using var late = new CancellationTokenSource(TimeSpan.FromMinutes(2), TimeProvider.System);
        try
        {
            await shell.WaitForExitAsync(late.Token);
        }
        catch (OperationCanceledException)
        {
            shell.Kill(entireProcessTree: true);
            throw new TimeoutException($"The command went on without its reader: {line}");
        }

        await Task.WhenAll(output, errors);
    }
}
