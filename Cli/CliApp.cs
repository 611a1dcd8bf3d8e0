using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using ZeroK.Cli.Terminal;
using ZeroK.Cli.Verbs;

namespace ZeroK.Cli;

/// <summary>The command line: parses, runs the verb, and turns how it ended into an exit code.</summary>
internal static partial class CliApp
{
    private const string Description = """
        End-to-end encrypted sync between your devices. The relay in the middle stores and forwards what it can't read.

        Start: `zerok init`, then `zerok group create --relay ADDRESS` on the first device and `zerok group join` with its invite on the others. Then push, pull, watch. `zerok demo` shows it all on this machine.
        """;

    /// <summary>Runs with the process's streams; SIGINT and SIGTERM end the command in order, a second one at once.</summary>
    public static async Task<int> RunAsProcessAsync(string[] args)
    {
        using var stop = new CancellationTokenSource();
        var left = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var ended = ExitCode.Interrupted;
        void OnSignal(PosixSignalContext context, ExitCode code)
        {
            if (stop.IsCancellationRequested) return;
            context.Cancel = true;
            ended = code;
            stop.Cancel();
            if (InputWait.IsWaiting) left.TrySetResult();
        }

        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, c => OnSignal(c, ExitCode.Interrupted));
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, c => OnSignal(c, ExitCode.Terminated));
        var running = Task.Run(() => RunAsync(args, CliHost.ForProcess(), stop.Token), CancellationToken.None);

        // What waits for a key at a prompt would only see the signal behind it: such a command is left where it is.
        if (await Task.WhenAny(running, left.Task) != running)
        {
            await Console.Error.WriteLineAsync("\nInterrupted.");
            return (int)ended;
        }

        var code = await running;
        return code == (int)ExitCode.Interrupted ? (int)ended : code;
    }

    /// <summary>Runs one command line.</summary>
    public static async Task<int> RunAsync(string[] args, CliHost host, CancellationToken cancellationToken = default)
    {
        try
        {
            return await InvokeAsync(args, host, cancellationToken);
        }
        catch (OutputClosedException)
        {
            return (int)ExitCode.OutputClosed;
        }
        catch (OutputFailedException e)
        {
            new Output(host, json: args.Contains("--json"), verbose: false).Failure(new CliException(ExitCode.Error, e.Message));
            return (int)ExitCode.Error;
        }
    }

    private static async Task<int> InvokeAsync(string[] args, CliHost host, CancellationToken cancellationToken)
    {
        var root = BuildRoot(host);
        var parsed = root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        var swallowed = Typos.Swallowed(parsed, args);
        if (parsed.Action is ParseErrorAction || swallowed is not null) return ReportUsage(parsed, args, host, swallowed);

        var configuration = new InvocationConfiguration
        {
            Output = host.Out,
            Error = host.Error,
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = null,
        };
        return await parsed.InvokeAsync(configuration, cancellationToken);
    }

    internal static RootCommand BuildRoot(CliHost host)
    {
        var root = new RootCommand(Description);
        foreach (var option in GlobalOptions.All) root.Add(option);
        foreach (var make in VerbList.All) root.Add(make(host));
        var help = root.Options.OfType<HelpOption>().Single();
        help.Action = new TeachingHelp((HelpAction)help.Action!);
        root.Options.OfType<VersionOption>().Single().Action = new VersionText(host);
        return root;
    }

    private static int ReportUsage(ParseResult parsed, string[] args, CliHost host, string? swallowed)
    {
        var output = new Output(host, json: args.Contains("--json"), verbose: false);
        var path = string.Join(' ', Path(parsed.CommandResult).Reverse());
        var hasNoSuchVerb = parsed.CommandResult.Command.Subcommands.Count > 0 && parsed.UnmatchedTokens is [var first, ..] && !first.StartsWith('-');
        var message = hasNoSuchVerb ? $"There is no command `{path} {HideInvites(parsed.UnmatchedTokens[0])}`."
            : swallowed ?? string.Join(' ', parsed.Errors.Select(e => HideInvites(e.Message)).Distinct());
        output.Failure(new CliException(ExitCode.Usage, message, $"{Typos.Hint(parsed)}`{path} --help` shows what it takes."));
        return (int)ExitCode.Usage;
    }

    private static IEnumerable<string> Path(SymbolResult? result)
    {
        for (; result is CommandResult command; result = result.Parent)
            yield return command.Command is RootCommand ? "zerok" : command.Command.Name;
    }

    // An invite in the wrong place must not end up in a log through the error message.
    internal static string HideInvites(string text) => InviteLink().Replace(text, "zerok://join/[hidden]");

    [GeneratedRegex(@"zerok://join/[^\s'""]+", RegexOptions.IgnoreCase)]
    private static partial Regex InviteLink();
}
