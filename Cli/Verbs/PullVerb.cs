using System.CommandLine;
using ZeroK.Cli.Sync;
using ZeroK.Cli.Terminal;
using ZeroK.Wire;

namespace ZeroK.Cli.Verbs;

/// <summary><c>zerok pull</c>: fetches what other devices pushed, then ends.</summary>
internal static class PullVerb
{
    public static Command Create(CliHost host)
    {
        var after = new Option<ulong?>("--after") { Description = "Read again what the relay still keeps after this cursor (0: from the first), without acknowledging anything.", HelpName = "N" };
        var limit = new Option<int?>("--limit") { Description = "At most so many blobs.", HelpName = "N" };
        limit.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int?>() is < 1) result.AddError("--limit takes 1 or more.");
        });
        var taking = new BlobTaker.Options();
        var verb = new VerbCommand("pull", "Fetch what other devices pushed, in the group's order, then end. Each blob comes once: what was shown or written is acknowledged, and the relay forgets it when all devices have it.")
        {
            Examples =
            [
                ("zerok pull", "show new texts; stops at a file, which needs --out"),
                ("zerok pull --out inbox", "write files below inbox/"),
                ("zerok pull --after 0 --limit 10 --json", "read again what is still kept; acknowledges nothing"),
            ],
        };
        verb.Add(after);
        verb.Add(limit);
        taking.AddTo(verb);
        verb.Runs(host, async (context, cancellationToken) =>
        {
            var taker = taking.Make(context);
            await using var run = await SyncRun.StartAsync(context, context.TimeoutOr(GlobalOptions.TimeoutDefault), tellConnections: false, cancellationToken);
            return context.Parsed.GetValue(after) is { } cursor
                ? await PeekAsync(context, run, taker, new Cursor(cursor), context.Parsed.GetValue(limit), cancellationToken)
                : await TakeAsync(context, run, taker, context.Parsed.GetValue(limit), cancellationToken);
        });
        return verb;
    }

    private static async Task<ExitCode> TakeAsync(VerbContext context, SyncRun run, BlobTaker taker, int? limit, CancellationToken cancellationToken)
    {
        long taken = 0, bytes = 0;
        Incoming? stoppedAt = null;
        using var acknowledger = new Acknowledger(context.Output, context.Host.Time);
        await run.UnderWatchAsync(
            async token =>
            {
                using var end = CancellationTokenSource.CreateLinkedTokenSource(token);
                var reading = acknowledger.WhileAsync(ReadAsync, end.Token);
                var caughtUp = run.Session.CaughtUpAsync(end.Token);
                await Task.WhenAny(reading, caughtUp);
                if (caughtUp.IsFaulted) await caughtUp;
                await end.CancelAsync();
                await Quietly(caughtUp, end.Token);
                await Quietly(reading, end.Token);
                token.ThrowIfCancellationRequested();
            },
            () => Interlocked.Read(ref taken),
            cancellationToken);

        context.Output.Result(new() { ["event"] = "done", ["blobs"] = taken, ["bytes"] = bytes, ["needsState"] = run.Session.Status.NeedsState }, text: null);
        context.Output.Note(taken == 0 ? (run.Session.Status.NeedsState ? "Nothing new, but what was pushed before this device joined is missing: `zerok status`." : "Nothing new.") : $"{taken} new, {Display.Size(bytes)}.");
        if (stoppedAt is not null)
            throw new CliException(ExitCode.Error, $"#{stoppedAt.Cursor} is a file ({Display.Safe(stoppedAt.Label ?? "without a label")}). It and what follows still wait.", "Say where files go: `zerok pull --out DIR`.");
        return run.Session.Status.NeedsState ? ExitCode.DataProblem : run.CodeSoFar;

        async Task ReadAsync(CancellationToken token)
        {
            await foreach (var blob in run.Session.ReceiveAsync(token))
            {
                if (!taker.Take(blob))
                {
                    stoppedAt = blob;
                    return;
                }

                await acknowledger.AddAsync(blob, token);
                bytes += blob.Payload.Length;
                if (Interlocked.Increment(ref taken) == limit) return;
            }
        }
    }

    private static async Task<ExitCode> PeekAsync(VerbContext context, SyncRun run, BlobTaker taker, Cursor after, int? limit, CancellationToken cancellationToken)
    {
        const int PageBlobs = 100;
        long shown = 0, bytes = 0, undecryptable = 0;
        while (true)
        {
            var left = limit is { } most ? (int)Math.Min(most - shown, PageBlobs) : PageBlobs;
            var from = after;
            var page = await run.UnderWatchAsync(token => run.Session.PeekAsync(from, left, token), progress: null, cancellationToken);
            foreach (var blob in page.Blobs)
            {
                taker.Take(new Incoming(blob.Sender, blob.Sequence, blob.Cursor, blob.SentAt, blob.Label, blob.Payload));
                shown++;
                bytes += blob.Payload.Length;
            }

            undecryptable += page.Undecryptable;
            var isStuck = page.Through <= after;
            after = page.Through;
            if (page.Through >= page.Head || shown == limit || isStuck) break;
        }

        context.Output.Result(new() { ["event"] = "done", ["blobs"] = shown, ["bytes"] = bytes, ["through"] = after.Value, ["undecryptable"] = undecryptable }, text: null);
        context.Output.Note($"{shown} still kept, {Display.Size(bytes)}, read through #{after}; nothing was acknowledged.{(undecryptable > 0 ? $" {undecryptable} can't be opened." : "")}");
        return undecryptable > 0 ? ExitCode.DataProblem : run.CodeSoFar;
    }

    // Ends with the token: that is how reading ends when everything was fetched.
    private static async Task Quietly(Task task, CancellationToken ended)
    {
        try
        {
            await task;
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            // Asked for.
        }
    }
}
