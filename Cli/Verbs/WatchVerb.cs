using System.CommandLine;
using ZeroK.Cli.Sync;

namespace ZeroK.Cli.Verbs;

/// <summary><c>zerok watch</c>: shows what other devices push, as they push it, until interrupted.</summary>
internal static class WatchVerb
{
    public static Command Create(CliHost host)
    {
        var limit = new Option<int?>("--limit") { Description = "End after so many blobs.", HelpName = "N" };
        limit.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int?>() is < 1) result.AddError("--limit takes 1 or more.");
        });
        var taking = new BlobTaker.Options();
        var verb = new VerbCommand("watch", "Show what other devices push, as they push it, until Ctrl+C. Reconnects by itself; what was missed meanwhile comes first.")
        {
            Examples =
            [
                ("zerok watch --out inbox", "write files below inbox/ as they come"),
                ("zerok watch --json | jq -r 'select(.event==\"received\") | .text'", "for programs: one object a line"),
            ],
        };
        verb.Add(limit);
        taking.AddTo(verb);
        verb.Runs(host, (context, cancellationToken) => RunAsync(context, taking, context.Parsed.GetValue(limit), cancellationToken));
        return verb;
    }

    private static async Task<ExitCode> RunAsync(VerbContext context, BlobTaker.Options taking, int? limit, CancellationToken cancellationToken)
    {
        var taker = taking.Make(context);
        await using var run = await SyncRun.StartAsync(context, context.TimeoutOr(null), tellConnections: true, cancellationToken, alone: true);
        context.Output.Result(
            new() { ["event"] = "watching", ["device"] = run.Session.Self.Reveal(), ["group"] = run.Session.Group.Id.Reveal() },
            text: null);
        var names = new SenderNames(run.Session, context.Host.Time);
        run.NameOf = taker.NameOf = names.Of;
        context.Output.Note("Watching. Ctrl+C ends.");
        using var acknowledger = new Acknowledger(context.Output, context.Host.Time);
        await run.UnderWatchAsync(token => acknowledger.WhileAsync(ReadAsync, token), progress: null, cancellationToken);
        return run.CodeSoFar;

        async Task ReadAsync(CancellationToken token)
        {
            var holdsBack = false;
            var seen = 0;
            await foreach (var blob in run.Session.ReceiveAsync(token))
            {
                if (!context.Output.Json) await names.LookUpAsync(blob.Sender, token);

                // Acknowledging is cumulative: after one that was not taken, nothing more is acknowledged, so that it comes again.
                if (!taker.Take(blob) && !holdsBack)
                {
                    holdsBack = true;
                    context.Output.Warn("not-taken", $"#{blob.Cursor} was not written anywhere, so it and what follows is not acknowledged and comes again. Say where files go: `zerok watch --out DIR`.");
                }

                if (!holdsBack) await acknowledger.AddAsync(blob, token);
                if (++seen == limit) return;
            }
        }
    }
}
