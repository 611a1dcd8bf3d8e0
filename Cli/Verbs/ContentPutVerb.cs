using System.CommandLine;
using ZeroK.Cli.Contents;
using ZeroK.Cli.Sync;
using ZeroK.Client;

namespace ZeroK.Cli.Verbs;

/// <summary><c>zerok content put</c>: sends files of any size.</summary>
internal static class ContentPutVerb
{
    public static Command Create(CliHost host)
    {
        var files = new Argument<string[]>("file") { Description = "Files to send.", Arity = ArgumentArity.ZeroOrMore };
        var name = new Option<string?>("--name") { Description = "The name that travels sealed with it; for one file. Default: the file's name.", HelpName = "NAME" };
        var type = new Option<string?>("--type") { Description = "Its media type, for example image/jpeg; for one file.", HelpName = "TYPE" };
        var preview = new Option<string?>("--preview") { Description = "A smaller stand-in, for example a thumbnail, that others can fetch by itself; for one file.", HelpName = "FILE" };
        var collection = new Option<string?>("--collection") { Description = "Send all files as one collection of this name.", HelpName = "NAME" };
        var resume = new Option<bool>("--resume") { Description = "Go on with every put that stopped." };
        var verb = new VerbCommand("put", "Send files of any size. Each is sealed on this device, sent, and then named to the group. Ends when the relay has them on stable storage; after a stop, --resume goes on where it was.")
        {
            Examples =
            [
                ("zerok content put film.mkv", "send a file"),
                ("zerok content put *.jpg --collection holiday", "send several as one"),
                ("zerok content put --resume", "go on with what was stopped"),
            ],
        };
        verb.Add(files);
        foreach (var option in new Option[] { name, type, preview, collection, resume }) verb.Add(option);
        verb.Validators.Add(result =>
        {
            var count = (result.GetValue(files) ?? []).Length;
            if (result.GetValue(resume) ? count > 0 : count == 0) result.AddError("content put takes FILE..., or --resume.");
            if ((count != 1 || result.GetValue(collection) is not null) && (result.GetValue(name) ?? result.GetValue(type) ?? result.GetValue(preview)) is not null) result.AddError("--name, --type and --preview are for one file.");
        });
        verb.Runs(host, async (context, cancellationToken) =>
        {
            var parsed = context.Parsed;
            await using var run = await SyncRun.StartAsync(context, context.TimeoutOr(GlobalOptions.TimeoutDefault), tellConnections: false, cancellationToken);
            if (parsed.GetValue(resume)) return await ResumeAsync(context, run, cancellationToken);
            var paths = parsed.GetValue(files)!;
            if (parsed.GetValue(collection) is { } of) return await PutCollectionAsync(context, run, of, paths, cancellationToken);
            foreach (var path in paths)
            {
                await using var source = OpenRead(path);
                await using var stand = parsed.GetValue(preview) is { } p ? OpenRead(p) : null;
                var options = new ContentOptions { Name = parsed.GetValue(name) ?? Path.GetFileName(path), MediaType = parsed.GetValue(type), Preview = stand };
                await SendAsync(context, run, (meter, token) => run.Session.Contents.PutAsync(source, options, meter, token), cancellationToken);
            }

            return run.CodeSoFar;
        });
        return verb;
    }

    private static async Task<ExitCode> PutCollectionAsync(VerbContext context, SyncRun run, string name, string[] paths, CancellationToken cancellationToken)
    {
        var members = new List<ContentMember>();
        try
        {
            foreach (var path in paths) members.Add(new ContentMember(OpenRead(path), new ContentOptions { Name = Path.GetFileName(path) }));
            await SendAsync(context, run, (meter, token) => run.Session.Contents.PutCollectionAsync(members, new ContentOptions { Name = name }, meter, token), cancellationToken);
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
        foreach (var transfer in waiting) await SendAsync(context, run, (meter, token) => run.Session.Contents.ResumePutAsync(transfer.Id, meter, token), cancellationToken);
        if (waiting.Count == 0) context.Output.Note("Nothing to resume.");
        return run.CodeSoFar;
    }

    // The reference is in the outbox when the put returns; the command ends when the relay has that too.
    private static async Task SendAsync(VerbContext context, SyncRun run, Func<IProgress<ContentProgress>, CancellationToken, Task<ContentReference>> send, CancellationToken cancellationToken)
    {
        using var meter = new TransferMeter(context.Output, "Sealing", "Sending");
        var reference = await run.UnderWatchAsync(
            async token =>
            {
                var sent = await send(meter, token);
                await run.Session.FlushAsync(token);
                return sent;
            },
            () => meter.Ticks,
            cancellationToken);
        meter.Dispose();
        new ReferenceShelf(context.DataDir).Keep(reference);
        var json = ContentText.Event("content-put", reference);
        json["moved"] = meter.Moved;
        context.Output.Result(json, $"Put {ContentText.Line(reference)}: the relay has it on stable storage.");
    }

    private static FileStream OpenRead(string path)
    {
        if (!File.Exists(path)) throw new CliException(ExitCode.Usage, $"There is no file {path}.");
        return new FileStream(path, new FileStreamOptions { Mode = FileMode.Open, Access = FileAccess.Read, Share = FileShare.Read, BufferSize = 0, Options = FileOptions.Asynchronous | FileOptions.SequentialScan });
    }
}
