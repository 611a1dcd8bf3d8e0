using System.Globalization;
using System.Text.RegularExpressions;

namespace ZeroK.Chaos.Docker;

/// <summary>The labels on every container and network of the suite, so that they are found again after a crash of the runner.</summary>
internal static partial class DockerLabels
{
    /// <summary>On everything of the suite.</summary>
    public const string Suite = "org.zerok.chaos";

    /// <summary>The run that it belongs to.</summary>
    public const string Run = Suite + ".run";

    /// <summary>Who made it: machine:process.</summary>
    public const string Runner = Suite + ".runner";

    /// <summary>This process.</summary>
    public static string ThisRunner => RunnerOf(Environment.MachineName, Environment.ProcessId);

    /// <summary>A runner as its label has it.</summary>
    public static string RunnerOf(string machine, int process) => string.Create(CultureInfo.InvariantCulture, $"{machine}:{process}");

    /// <summary>Whether what a runner made is left over: it was made on this machine, by a process that is gone.</summary>
    public static bool IsLeftOver(string runner, string machine, Func<int, bool> lives) =>
        Rule().Match(runner) is { Success: true } parts
        && parts.Groups[1].Value == machine
        && int.TryParse(parts.Groups[2].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var process)
        && !lives(process);

    [GeneratedRegex(@"^(.+):(\d+)$", RegexOptions.CultureInvariant)]
    private static partial Regex Rule();
}
