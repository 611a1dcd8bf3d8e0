using System.CommandLine;
using ZeroK.Cli.Contents;
using ZeroK.Cli.Files;
using ZeroK.Cli.Sync;
using ZeroK.Cli.Terminal;
using ZeroK.Client;
using ZeroK.Wire;

namespace ZeroK.Cli.Verbs;

/// <summary><c>zerok content put</c>: sends files of any size.</summary>
internal static class ContentPutVerb
{
    // Before much is sealed, a relay that can be reached is asked whether there is room: so long it may take to be, and from so many bytes on.
    private static readonly TimeSpan ConnectWait = TimeSpan.FromSeconds(10);
    private const long AskFirstBytes = 1024 * 1024;

    public static Command Create(CliHost host)
    {
        var files = new Argument<string[]>("file") { Description = "Files to send.", Arity = ArgumentArity.ZeroOrMore };
        var name = new Option<string?>("--name") { Description = "The name that travels sealed with it; for one file. Default: the file's name.", HelpName = "NAME" };
        var type = new Option<string?>("--type") { Description = "Its media type, for example image/jpeg; for one file.", HelpName = "TYPE" };
        var preview = new Option<string?>("--preview") { Description = "A smaller stand-in, for example a thumbnail, that others can fetch by itself; for one file.", HelpName = "FILE" };
        var collection = new Option<string?>("--collection") { Description = "Send all files as one collection of this name.", HelpName = "NAME" };
        var resume = new Option<bool>("--resume") { Description = "Go on now with every put that waits or stopped." };
        var noWait = new Option<bool>("--no-wait") { Description = "Only seal and queue, durably; don't wait for the relay. The next command that connects sends it." };
        var verb = new VerbCommand("put", "Send files of any size. Each is sealed on this device, sent, and then named to the group. Ends when the relay has them on stable storage; what was sealed by then is sent by itself as soon as a command connects, also after a stop.")
        {
            Examples =
            [
                ("zerok content put film.mkv", "send a file"),
                ("zerok content put *.jpg --collection holiday", "send several as one"),
                ("zerok content put --resume", "go on with what was stopped"),
            ],
        };
        verb.Add(files);
        foreach (var option in new Option[] { name, type, preview, collection, resume, noWait }) verb.Add(option);
        verb.Validators.Add(result =>
        {
            var count = (result.GetValue(files) ?? []).Length;
            if (result.GetValue(resume) ? count > 0 || result.GetValue(noWait) : count == 0) result.AddError("content put takes FILE..., or --resume.");
            if ((count != 1 || result.GetValue(collection) is not null) && (result.GetValue(name) ?? result.GetValue(type) ?? result.GetValue(preview)) is not null) result.AddError("--name, --type and --preview are for one file.");
        });
        verb.Runs(host, async (context, cancellationToken) =>
        {
            var parsed = context.Parsed;
            var paths = parsed.GetValue(files)!;
            Check(paths, parsed.GetValue(preview), parsed.GetValue(name), parsed.GetValue(collection));

            // With --resume they are sent one after the other, and their progress is shown.
            await using var run = await SyncRun.StartAsync(context, context.TimeoutOr(GlobalOptions.TimeoutDefault), tellConnections: false, cancellationToken, resumePuts: !parsed.GetValue(resume));
            if (parsed.GetValue(resume)) return await ResumeAsync(context, run, cancellationToken);
            if (parsed.GetValue(collection) is { } of) return await PutCollectionAsync(context, run, of, paths, parsed.GetValue(noWait), cancellationToken);
            var code = ExitCode.Ok;
            foreach (var path in paths)
            {
                try
                {
                    await PutAsync(context, run, path, parsed.GetValue(preview), new ContentOptions { Name = parsed.GetValue(name) ?? Path.GetFileName(path), MediaType = parsed.GetValue(type) }, parsed.GetValue(noWait), cancellationToken);
                }
                catch (Exception e) when (paths.Length > 1 && e is CliException { Code: ExitCode.Usage } or ContentTransferException { Code: ErrorCode.None, Transfer: null })
                {
                    // One that went away or changed since the command began doesn't stop the others.
                    context.Output.Warn("skipped", $"{Display.Safe(path)} is passed over: {e.Message}");
                    code = ExitCode.DataProblem;
                }
            }

            if (code != ExitCode.Ok) return code;
            return run.CodeSoFar;
        });
        return verb;
    }

    // Before anything is sealed or sent: what can't be put is told at once, and by name.
    private static void Check(string[] paths, string? preview, string? name, string? collection)
    {
        if (name is "" || collection is "") throw new CliException(ExitCode.Usage, "A content's name can't be empty.");
        foreach (var path in paths) RegularFile.CheckNamed(path);
        if (preview is not null) RegularFile.CheckNamed(preview);
        if (collection is null) return;
        var byName = paths.GroupBy(p => Path.GetFileName(p), StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1);
        if (byName is null) return;
        var two = byName.Take(2).Select(p => Display.Safe(p)).ToList();
        throw new CliException(ExitCode.Usage, $"{two[0]} and {two[1]} have the same name, and a collection holds each name once. Nothing was sent.", "Rename one, or put them apart.");
    }

    private static async Task<ExitCode> PutCollectionAsync(VerbContext context, SyncRun run, string name, string[] paths, bool noWait, CancellationToken cancellationToken)
    {
        var members = new List<ContentMember>();
        try
        {
            foreach (var path in paths) members.Add(new ContentMember(RegularFile.OpenNamed(path), new ContentOptions { Name = Path.GetFileName(path) }));
            await SendAsync(context, run, noWait, members.Sum(m => m.Source.Length), (meter, token) => run.Session.Contents.QueueCollectionAsync(members, new ContentOptions { Name = name }, meter, token), cancellationToken);
        }
        catch (ArgumentException e)
        {
            throw new CliException(ExitCode.Usage, e.Message, inner: e);
        }
        finally
        {
            foreach (var member in members) await member.Source.DisposeAsync();
        }

        return run.CodeSoFar;
    }

    private static async Task<ExitCode> ResumeAsync(VerbContext context, SyncRun run, CancellationToken cancellationToken)
    {
        var waiting = run.Session.Contents.Transfers.Where(t => t.IsPut).ToList();
        foreach (var transfer in waiting)
        {
            using var meter = new TransferMeter(context.Output, null, "Sending");
            await run.UnderWatchAsync(
                async token =>
                {
                    await run.Session.Contents.ResumePutAsync(transfer.Id, meter, token);
                    await run.Session.FlushAsync(token);
                },
                () => meter.Ticks,
                cancellationToken);
            ReportSent(context, transfer.Reference, meter);
        }

        if (waiting.Count == 0) context.Output.Note("Nothing to resume.");
        return run.CodeSoFar;
    }

    private static async Task PutAsync(VerbContext context, SyncRun run, string path, string? preview, ContentOptions options, bool noWait, CancellationToken cancellationToken)
    {
        await using var source = RegularFile.OpenNamed(path);
        await using var stand = preview is null ? null : RegularFile.OpenNamed(preview);
        await SendAsync(context, run, noWait, source.Length, (meter, token) => run.Session.Contents.QueueAsync(source, options with { Preview = stand }, meter, token), cancellationToken);
    }

    // From the first event on it is this device's to send, whatever happens to this command. The reference is in the outbox when the content is durable; the command ends when the relay has that too.
    private static async Task SendAsync(VerbContext context, SyncRun run, bool noWait, long bytes, Func<IProgress<ContentProgress>, CancellationToken, Task<ContentReceipt>> queue, CancellationToken cancellationToken)
    {
        if (!noWait && bytes >= AskFirstBytes) await run.ConnectedAsync(ConnectWait, cancellationToken);
        using var meter = new TransferMeter(context.Output, "Sealing", "Sending");
        var receipt = await queue(meter, cancellationToken);
        new ReferenceShelf(context.DataDir).Keep(receipt.Reference);
        context.Output.Result(ContentText.Event("content-queued", receipt.Reference), noWait ? $"Queued {ContentText.Line(receipt.Reference)}: the next command that connects sends it." : null);
        if (noWait) return;
        await run.UnderWatchAsync(
            async token =>
            {
                await receipt.Durable.WaitAsync(token);
                await run.Session.FlushAsync(token);
            },
            () => meter.Ticks,
            cancellationToken);
        ReportSent(context, receipt.Reference, meter);
    }

    private static void ReportSent(VerbContext context, ContentReference reference, TransferMeter meter)
    {
        meter.Dispose();
        new ReferenceShelf(context.DataDir).Keep(reference);
        var json = ContentText.Event("content-put", reference);
        json["moved"] = meter.Moved;
        context.Output.Result(json, $"Put {ContentText.Line(reference)}: the relay has it on stable storage.");
    }
}
