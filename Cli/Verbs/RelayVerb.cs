using System.CommandLine;
using System.Diagnostics;
using ZeroK.Cli.Relays;

namespace ZeroK.Cli.Verbs;

/// <summary><c>zerok relay</c>: runs the relay in the foreground.</summary>
internal static class RelayVerb
{
    public static Command Create(CliHost host)
    {
        var verb = new VerbCommand("relay", """
            Run a relay here, in the foreground, until Ctrl+C. It prints its address: pass that to `zerok group create --relay`.

            All options but --verbose and --timeout go to the relay's own program (zerok-relay), among them:
              --listen ADDRESS   where it listens (all addresses: *)
              --port N           TCP and QUIC (default 4840)
              --http-port N      health and metrics, on loopback (default 4841)
              --data-dir DIR     where it keeps its identity and store
            `zerok relay -- --help` shows them all. The program can run without zerok: it lies in relay/ beside it.
            """)
        {
            Examples =
            [
                ("zerok relay --data-dir ./relay-data", "a relay for real use on this machine"),
                ("zerok relay --listen 127.0.0.1 --port 4850", "one for this machine alone"),
            ],
            TreatUnmatchedTokensAsErrors = false,
        };
        verb.Runs(host, RunAsync);
        return verb;
    }

    private static async Task<ExitCode> RunAsync(VerbContext context, CancellationToken cancellationToken)
    {
        var start = RelayProgram.Find(context.Host.Environment);
        foreach (var argument in ArgumentsOf(context.Parsed)) start.ArgumentList.Add(argument);
        using var relay = Process.Start(start) ?? throw new CliException(ExitCode.Error, $"{start.FileName} could not be started.");

        // Ctrl+C reaches the whole foreground group, so the relay ends itself in order; a SIGTERM to this process alone is passed on.
        await using var passOn = cancellationToken.Register(() => RelayProcess.AskToEnd(relay));
        await relay.WaitForExitAsync(CancellationToken.None);
        if (relay.ExitCode == 0) return ExitCode.Ok;
        if (cancellationToken.IsCancellationRequested) return ExitCode.Interrupted;
        throw new CliException(ExitCode.Error, $"The relay ended with code {relay.ExitCode}.", "Its lines above say why.");
    }

    // --data-dir and --json are options of zerok too; here they are the relay's.
    internal static IEnumerable<string> ArgumentsOf(ParseResult parsed)
    {
        if (parsed.GetValue(GlobalOptions.DataDir) is { } folder) return [.. parsed.UnmatchedTokens, "--data-dir", folder, .. Json(parsed)];
        return [.. parsed.UnmatchedTokens, .. Json(parsed)];
    }

    private static string[] Json(ParseResult parsed) => parsed.GetValue(GlobalOptions.Json) ? ["--json"] : [];
}
