using System.CommandLine;
using ZeroK.Cli.Contents;
using ZeroK.Cli.Sync;

namespace ZeroK.Cli.Verbs;

/// <summary><c>zerok content rm</c>: the group needs a content no longer.</summary>
internal static class ContentRemoveVerb
{
    public static Command Create(CliHost host)
    {
        var which = new Argument<string>("ref") { Description = "Its name, or the beginning of its id (4 digits or more)." };
        var verb = new VerbCommand("rm", "Say that the group needs a content no longer: the relay frees its space, and no device can fetch it any more.")
        {
            Examples = [("zerok content rm film.mkv", "free its space on the relay")],
        };
        verb.Add(which);
        verb.Runs(host, async (context, cancellationToken) =>
        {
            var shelf = new ReferenceShelf(context.DataDir);
            var unfinished = Waiting.In(context);
            var reference = ReferenceShelf.Find(shelf.AllWith(unfinished), context.Parsed.GetValue(which)!);

            // The group was not told of it: there is nothing to release but what this device keeps.
            if (unfinished.Any(t => t.IsPut && t.Id == reference.Id)) return await ContentDropVerb.DropAsync(context, shelf, reference, cancellationToken);
            await using var run = await SyncRun.StartAsync(context, context.TimeoutOr(GlobalOptions.TimeoutDefault), tellConnections: false, cancellationToken);
            await run.UnderWatchAsync(token => run.Session.Contents.ReleaseAsync(reference, token), progress: null, cancellationToken);
            shelf.Remove(reference);
            context.Output.Result(ContentText.Event("content-removed", reference), $"Removed {ContentText.Line(reference)}.");
            return run.CodeSoFar;
        });
        return verb;
    }
}
