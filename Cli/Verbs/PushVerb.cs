using System.CommandLine;
using System.Security.Cryptography;
using System.Text;
using ZeroK.Cli.Files;
using ZeroK.Cli.Sync;
using ZeroK.Cli.Terminal;
using ZeroK.Wire;

namespace ZeroK.Cli.Verbs;

/// <summary><c>zerok push</c>: sends text, standard input, a file or a folder.</summary>
internal static class PushVerb
{
    public static Command Create(CliHost host)
    {
        var text = new Argument<string?>("text") { Description = "Text to send; - sends standard input.", Arity = ArgumentArity.ZeroOrOne };
        var file = new Option<string?>("--file", "-f") { Description = "Send a file; its relative name travels sealed with it.", HelpName = "FILE" };
        var folder = new Option<string?>("--dir", "-d") { Description = "Send all files of a folder, one blob each, in the order of their names.", HelpName = "DIR" };
        var label = new Option<string?>("--label") { Description = "The name that travels sealed with it; with --dir, what all names begin with.", HelpName = "NAME" };
        var skipLarge = new Option<bool>("--skip-large") { Description = "With --dir: pass over files above 1 MiB instead of refusing." };
        var noWait = new Option<bool>("--no-wait") { Description = "Only queue, durably; don't wait for the relay. The next command that connects sends it." };
        var verb = new VerbCommand("push", "Send a blob of at most 1 MiB to the group's other devices. Ends when the relay has it on stable storage.")
        {
            Examples =
            [
                ("zerok push \"the door code changed\"", "send text"),
                ("zerok push --file notes/today.md", "send a file, named notes/today.md on the other side"),
                ("zerok push --dir notes --label notes", "send a folder, file by file"),
                ("git diff | zerok push - --label my.patch", "send standard input as a file"),
            ],
        };
        verb.Add(text);
        verb.Add(file);
        verb.Add(folder);
        verb.Add(label);
        verb.Add(skipLarge);
        verb.Add(noWait);
        verb.Validators.Add(result =>
        {
            object?[] given = [result.GetValue(text), result.GetValue(file), result.GetValue(folder)];
            if (given.Count(g => g is not null) != 1) result.AddError("push takes one of TEXT, --file FILE, --dir DIR, or - for standard input.");
        });
        verb.Runs(host, async (context, cancellationToken) =>
        {
            var parsed = context.Parsed;
            var name = parsed.GetValue(label);
            if (parsed.GetValue(folder) is { } dir)
            {
                var (items, isWhole) = OfFolder(context, dir, name, parsed.GetValue(skipLarge));
                var code = await RunAsync(context, items, parsed.GetValue(noWait), mayPassOver: true, cancellationToken);
                return isWhole || code != ExitCode.Ok ? code : ExitCode.DataProblem;
            }

            var one = parsed.GetValue(file) is { } path ? PushSource.File(path, name) : OfText(context, parsed.GetValue(text)!, name);
            return await RunAsync(context, [one], parsed.GetValue(noWait), mayPassOver: false, cancellationToken);
        });
        return verb;
    }

    private static PushItem OfText(VerbContext context, string text, string? label)
    {
        if (label is not null && !LabelPath.TryParse(label, out _, out var problem))
            throw new CliException(ExitCode.Usage, $"--label: {problem}. Other devices would not write it.");
        var bytes = text == "-" ? BoundedInput.Read(context.Host.In(), WireLimits.PayloadBytesMax, "Standard input") : Encoding.UTF8.GetBytes(text);
        return bytes.Length <= WireLimits.PayloadBytesMax
            ? new PushItem(label, () => bytes, bytes.Length)
            : throw new CliException(ExitCode.Usage, $"The text has {bytes.Length} bytes; a blob holds at most {WireLimits.PayloadBytesMax} (1 MiB).", "Write it to a file and send that as a content: `zerok content put FILE`.");
    }

    // Whole: nothing that should be pushed had to be passed over.
    private static (IReadOnlyList<PushItem> Items, bool IsWhole) OfFolder(VerbContext context, string folder, string? prefix, bool skipLarge)
    {
        var contents = PushSource.Folder(folder, prefix, skipLarge);
        foreach (var skipped in contents.Skipped) context.Output.Warn("skipped", $"{Display.Safe(skipped.Name)} is passed over: {skipped.Why}.");
        if (contents.Items.Count == 0) throw new CliException(ExitCode.Usage, $"There is no file to push in {Display.Safe(folder)}.");
        return (contents.Items, !contents.Skipped.Any(s => s.IsFault));
    }

    // What was a file when its folder was listed may be gone or changed by now: the others still go.
    private static byte[]? Read(VerbContext context, PushItem item, bool mayPassOver)
    {
        try
        {
            return item.Read();
        }
        catch (CliException e) when (mayPassOver)
        {
            context.Output.Warn("skipped", $"{Display.Safe(item.Label ?? "")} is passed over: {e.Message}");
            return null;
        }
    }

    private static async Task<ExitCode> RunAsync(VerbContext context, IReadOnlyList<PushItem> items, bool noWait, bool mayPassOver, CancellationToken cancellationToken)
    {
        await using var run = await SyncRun.StartAsync(context, context.TimeoutOr(GlobalOptions.TimeoutDefault), tellConnections: false, cancellationToken);
        using var progress = ProgressBars.Start(context.Output, "Queueing", "Stored by the relay", items.Count);
        long durable = 0, bytes = 0;
        var pushedCount = 0;
        var waiting = new List<Task>();
        await run.UnderWatchAsync(
            async token =>
            {
                foreach (var item in items)
                {
                    if (Read(context, item, mayPassOver) is not { } payload)
                    {
                        progress.First(1);
                        progress.Second(1);
                        continue;
                    }

                    var pushed = await run.Session.PushAsync(payload, item.Label, token);
                    bytes += payload.Length;
                    pushedCount++;
                    context.Output.Result(Events.Pushed(pushed, item.Label, payload.Length, Convert.ToHexStringLower(SHA256.HashData(payload))), text: null);
                    progress.First(1);
                    if (!noWait) waiting.Add(ReportDurableAsync(pushed));
                }

                await Task.WhenAll(waiting).WaitAsync(token);
            },
            () => run.Session.Status.PendingBlobs + (waiting.Count << 20),
            cancellationToken);
        progress.Dispose();

        var count = pushedCount == 1 ? "1 blob" : $"{pushedCount} blobs";
        context.Output.Result(
            new() { ["event"] = "done", ["blobs"] = pushedCount, ["bytes"] = bytes, ["durable"] = Interlocked.Read(ref durable) },
            noWait ? $"Queued {count}, {Display.Size(bytes)}." : $"Pushed {count}, {Display.Size(bytes)}: the relay has {(pushedCount == 1 ? "it" : "them")} on stable storage.");
        return pushedCount == items.Count ? run.CodeSoFar : ExitCode.DataProblem;

        async Task ReportDurableAsync(Pushed pushed)
        {
            var cursor = await pushed.Durable;
            Interlocked.Increment(ref durable);
            context.Output.Result(Events.Durable(pushed.Sequence, cursor), text: null);
            progress.Second(1);
        }
    }
}
