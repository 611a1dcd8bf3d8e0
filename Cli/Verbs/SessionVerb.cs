using System.CommandLine;
using System.Text.Json.Nodes;
using ZeroK.Cli.Session;
using ZeroK.Cli.Sync;

namespace ZeroK.Cli.Verbs;

/// <summary><c>zerok session</c>: a live session that a program drives by JSON commands.</summary>
internal static class SessionVerb
{
    public static Command Create(CliHost host)
    {
        var payload = new Option<bool>("--payload") { Description = "Put each received blob's bytes into its line as \"base64\"." };
        var hold = new Option<bool>("--hold") { Description = "Don't acknowledge what is received by itself: the command {\"cmd\":\"ack\",\"cursor\":N} does." };
        var verb = new VerbCommand("session", """
            Keep a live session and be driven by a program: JSON commands on standard input, one a line; JSON events on standard output. Ends with {"cmd":"quit"} or the end of the input.

            Commands (each may carry "id", which its answers repeat):
              {"cmd":"push","text":"…"}  or "base64":"…" or "random":BYTES (with "seed":N the same bytes again); "label":"…", "count":N
              {"cmd":"flush"}            all pushed before is durable
              {"cmd":"status"}  {"cmd":"vector"}  {"cmd":"devices"}
              {"cmd":"caughtup"}         everything up to the relay's head was received
              {"cmd":"peek","after":N,"limit":N}
              {"cmd":"retry"}            try again to open what could not be opened
              {"cmd":"ack","cursor":N}   with --hold
              {"cmd":"quit"}

            Everything received is acknowledged as soon as its line is written, unless --hold is given: what the lines don't hold is lost to this device.
            """)
        {
            Examples =
            [
                ("echo '{\"cmd\":\"push\",\"text\":\"hi\"}' | zerok session", "push, wait until it is durable, end"),
            ],
        };
        verb.Add(payload);
        verb.Add(hold);
        verb.Runs(host, async (context, cancellationToken) =>
        {
            await using var run = await SyncRun.StartAsync(context, context.TimeoutOr(null), tellConnections: false, cancellationToken, alwaysJson: true, alone: true);
            context.Output.JsonLine(new JsonObject
            {
                ["event"] = "ready",
                ["device"] = run.Session.Self.Reveal(),
                ["name"] = run.Session.Name,
                ["group"] = run.Session.Group.Id.Reveal(),
            });
            await using var input = host.In();
            var loop = new SessionLoop(run, context.Output, input, new SessionOptions(context.Parsed.GetValue(payload), context.Parsed.GetValue(hold), host.Time));
            await run.UnderWatchAsync(loop.RunAsync, progress: null, cancellationToken);
            context.Output.JsonLine(new JsonObject { ["event"] = "bye" });
            return run.CodeSoFar;
        });
        return verb;
    }
}
