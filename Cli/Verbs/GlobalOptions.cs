using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace ZeroK.Cli.Verbs;

/// <summary>Options that every verb takes.</summary>
internal static class GlobalOptions
{
    /// <summary>How long a command waits for the relay where nothing else is said.</summary>
    public static readonly TimeSpan TimeoutDefault = TimeSpan.FromSeconds(30);

    public static readonly Option<string?> DataDir = new("--data-dir")
    {
        Description = "Where this device keeps its keys and state (directory 0700, files 0600). Default: $ZEROK_DATA_DIR, else $XDG_STATE_HOME/zerok, else ~/.local/state/zerok.",
        HelpName = "DIR",
        Recursive = true,
    };

    public static readonly Option<bool> Json = new("--json")
    {
        Description = "For programs: one JSON object a line on standard output, each with \"event\"; errors and warnings as JSON on standard error.",
        Recursive = true,
    };

    public static readonly Option<TimeSpan?> Timeout = new("--timeout")
    {
        Description = "How long to wait without a connection to a relay: 30, 30s, 500ms, 2m; 0 waits for ever. Default: 30s; watch and session wait for ever.",
        HelpName = "TIME",
        Recursive = true,
        CustomParser = ParseTime,
    };

    public static readonly Option<bool> Verbose = new("--verbose", "-v")
    {
        Description = "Say more on standard error: connections, log lines, where an unexpected error happened.",
        Recursive = true,
    };

    public static readonly Option[] All = [DataDir, Json, Timeout, Verbose];

    /// <summary>The data directory: the option, the environment, the XDG default.</summary>
    public static string DataDirOf(string? option, Func<string, string?> environment)
    {
        if (!string.IsNullOrEmpty(option)) return Path.GetFullPath(option);
        if (environment("ZEROK_DATA_DIR") is { Length: > 0 } set) return Path.GetFullPath(set);

        // The XDG specification says to pass over a path that isn't absolute.
        if (environment("XDG_STATE_HOME") is { Length: > 0 } xdg && Path.IsPathFullyQualified(xdg)) return Path.Combine(xdg, "zerok");
        if (OperatingSystem.IsWindows())
            return Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData), "zerok");
        var home = environment("HOME") is { Length: > 0 } h ? h : Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        if (string.IsNullOrEmpty(home))
            throw new CliException(ExitCode.Usage, "There is no home directory to keep the device in.", "Name a directory with --data-dir or ZEROK_DATA_DIR.");
        return Path.Combine(home, ".local", "state", "zerok");
    }

    private static TimeSpan? ParseTime(ArgumentResult result)
    {
        var text = result.Tokens.Count == 1 ? result.Tokens[0].Value : "";
        if (TryParseTime(text, out var time)) return time;
        result.AddError("--timeout takes a time such as 30, 30s, 500ms or 2m; 0 waits for ever.");
        return null;
    }

    internal static bool TryParseTime(string text, out TimeSpan time)
    {
        time = default;
        var (number, unitSeconds) = text switch
        {
            _ when text.EndsWith("ms", StringComparison.Ordinal) => (text[..^2], 0.001),
            _ when text.EndsWith('s') => (text[..^1], 1d),
            _ when text.EndsWith('m') => (text[..^1], 60d),
            _ => (text, 1d),
        };
        if (!double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value)) return false;
        var seconds = value * unitSeconds;
        if (!double.IsFinite(seconds) || seconds > 86_400 * 365d) return false;
        time = TimeSpan.FromSeconds(seconds);
        return true;
    }
}
