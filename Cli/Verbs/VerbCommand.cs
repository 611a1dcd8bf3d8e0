using System.CommandLine;
using ZeroK.Cli.Terminal;
using ZeroK.Client;
using ZeroK.Content;
using ZeroK.Wire;

namespace ZeroK.Cli.Verbs;

/// <summary>A command with examples, whose failures become a message and an exit code.</summary>
internal sealed class VerbCommand(string name, string description) : Command(name, description)
{
    /// <summary>Command lines for the help, each with what it does.</summary>
    public IReadOnlyList<(string Line, string Does)> Examples { get; init; } = [];

    /// <summary>What the verb does.</summary>
    public void Runs(CliHost host, Func<VerbContext, CancellationToken, Task<ExitCode>> body) =>
        SetAction(async (parsed, cancellationToken) => (int)await RunGuardedAsync(host, parsed, body, cancellationToken));

    private static async Task<ExitCode> RunGuardedAsync(CliHost host, ParseResult parsed, Func<VerbContext, CancellationToken, Task<ExitCode>> body, CancellationToken cancellationToken)
    {
        var output = new Output(host, parsed.GetValue(GlobalOptions.Json), parsed.GetValue(GlobalOptions.Verbose));
        try
        {
            return await body(new VerbContext(host, parsed, output), cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            output.Note("Interrupted.");
            return ExitCode.Interrupted;
        }
        catch (OutputClosedException)
        {
            return ExitCode.OutputClosed;
        }
        catch (Exception e)
        {
            var failure = Explain(e);
            output.Failure(failure);
            if (output.Verbose) output.Detail(e);
            return failure.Code;
        }
    }

    internal static CliException Explain(Exception e) => e switch
    {
        CliException cli => cli,
        DeviceException device => ExplainDevice(device),
        SyncException sync => new CliException(IsRefusal(sync.Code) ? ExitCode.Refused : ExitCode.Error, sync.Message),
        ContentTransferException content => new CliException(IsRefusal(content.Code) || content.Code == ErrorCode.GroupQuotaExceeded ? ExitCode.Refused : ExitCode.Error, content.Message, content.Transfer is null ? null : "`zerok content put --resume` goes on with what is kept; `zerok content drop` gives it up."),
        ContentException content => new CliException(ExitCode.DataProblem, content.Message),
        IOException or UnauthorizedAccessException => new CliException(ExitCode.Error, e.Message),
        _ => new CliException(ExitCode.Error, $"Unexpected: {e.GetType().Name}: {e.Message}", "This is a fault of the program. `--verbose` shows where it happened."),
    };

    private static bool IsRefusal(ErrorCode code) => code != ErrorCode.None && ErrorCodes.RetryOf(code) == Retry.Never;

    private static CliException ExplainDevice(DeviceException e) => e.Problem switch
    {
        DeviceProblem.NoDevice => new CliException(ExitCode.NotSetUp, e.Message, "Make a device here with `zerok init`, or name another directory with --data-dir."),
        DeviceProblem.NoGroup => new CliException(ExitCode.NotSetUp, e.Message, "Start a group with `zerok group create --relay ADDRESS`, or join one with `zerok group join`."),
        DeviceProblem.DeviceExists => new CliException(ExitCode.Error, e.Message, "Use it as it is, or name another directory with --data-dir."),
        DeviceProblem.GroupExists => new CliException(ExitCode.Error, e.Message, "A device belongs to one group. Make another device with --data-dir DIR for another group, or leave this one with `zerok group leave`."),
        DeviceProblem.PassphraseMissing => new CliException(ExitCode.Usage, e.Message, "Give the group's passphrase by the prompt, ZEROK_PASSPHRASE or --passphrase-file."),
        DeviceProblem.PassphraseWrong => new CliException(ExitCode.Refused, e.Message),
        DeviceProblem.NotSent => new CliException(ExitCode.DataProblem, e.Message, "`zerok push` and `zerok watch` send what waits; `zerok outbox` shows it; --drop-unsent loses it."),
        DeviceProblem.InUse => new CliException(ExitCode.Error, e.Message, "One zerok at a time holds a device. push, pull, delete, devices, status and content work through it; watch and session need it for themselves: end the other first."),
        _ => new CliException(ExitCode.Error, e.Message),
    };
}

/// <summary>What a running verb has at hand.</summary>
internal sealed class VerbContext(CliHost host, ParseResult parsed, Output output)
{
    public CliHost Host { get; } = host;
    public ParseResult Parsed { get; } = parsed;
    public Output Output { get; } = output;

    /// <summary>The device's directory.</summary>
    public string DataDir => GlobalOptions.DataDirOf(Parsed.GetValue(GlobalOptions.DataDir), Host.Environment);

    /// <summary>How long to wait without a connection; null: for ever.</summary>
    public TimeSpan? TimeoutOr(TimeSpan? otherwise)
    {
        var given = Parsed.GetValue(GlobalOptions.Timeout) ?? otherwise;
        return given == TimeSpan.Zero ? null : given;
    }

    /// <summary>Sync options by the command line.</summary>
    public SyncOptions SyncOptions => SyncOptions.Default with { Time = Host.Time, LoggerFactory = Output.LoggerFactory, Transport = Transport };

    // For networks where one of them is known not to work, and for measuring one.
    private TransportChoice Transport => Host.Environment("ZEROK_TRANSPORT") switch
    {
        null or "" or "auto" => TransportChoice.Auto,
        "quic" => TransportChoice.Quic,
        "tcp" => TransportChoice.Tcp,
        _ => throw new CliException(ExitCode.Usage, "ZEROK_TRANSPORT is auto, quic or tcp."),
    };
}
