namespace ZeroK.Cli;

/// <summary>How a command ended. Printed by every <c>--help</c>; a number is never reused.</summary>
internal enum ExitCode
{
    /// <summary>Done.</summary>
    Ok = 0,
    /// <summary>It failed; the message says why.</summary>
    Error = 1,
    /// <summary>The command line is wrong.</summary>
    Usage = 2,
    /// <summary>There is no device, or it has no group.</summary>
    NotSetUp = 3,
    /// <summary>The relay refused for good, or a passphrase is wrong.</summary>
    Refused = 4,
    /// <summary>No relay could be reached within --timeout.</summary>
    Unreachable = 5,
    /// <summary>The command ran, and there is a problem in the data: a gap, something that can't be opened, a relay that misbehaved, bytes that differ.</summary>
    DataProblem = 6,
    /// <summary>Interrupted (Ctrl+C).</summary>
    Interrupted = 130,
    /// <summary>Whoever read standard output went away.</summary>
    OutputClosed = 141,
    /// <summary>Ended by SIGTERM.</summary>
    Terminated = 143,
}

/// <summary>The table of exit codes.</summary>
internal static class ExitCodes
{
    /// <summary>One row a code: the number, its name in JSON, and its meaning.</summary>
    public static readonly (ExitCode Code, string Name, string Meaning)[] Table =
    [
        (ExitCode.Ok, "ok", "done"),
        (ExitCode.Error, "error", "it failed; the message says why"),
        (ExitCode.Usage, "usage", "the command line is wrong"),
        (ExitCode.NotSetUp, "not-set-up", "no device here, or it has no group yet"),
        (ExitCode.Refused, "refused", "the relay refused for good, or the passphrase is wrong"),
        (ExitCode.Unreachable, "unreachable", "no relay could be reached within --timeout; what was pushed stays queued"),
        (ExitCode.DataProblem, "data-problem", "it ran, but data is missing, can't be opened or differs"),
        (ExitCode.Interrupted, "interrupted", "interrupted (Ctrl+C)"),
        (ExitCode.OutputClosed, "output-closed", "whoever read the output went away (what it did not read comes again)"),
        (ExitCode.Terminated, "terminated", "ended by SIGTERM"),
    ];

    /// <summary>The code's name in JSON.</summary>
    public static string NameOf(ExitCode code) => Table.First(r => r.Code == code).Name;
}

/// <summary>A command can't go on. The message is for a person and names no secret.</summary>
internal sealed class CliException(ExitCode code, string message, string? hint = null, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>How the program ends.</summary>
    public ExitCode Code { get; } = code;

    /// <summary>What to do; null if the message says it.</summary>
    public string? Hint { get; } = hint;
}
