using System.CommandLine;
using ZeroK.Cli.Contents;
using ZeroK.Cli.Sync;
using ZeroK.Client;

namespace ZeroK.Cli.Verbs;

/// <summary><c>zerok content drop</c>: gives up a put or get that is not finished.</summary>
internal static class ContentDropVerb
{
    public static Command Create(CliHost host)
    {
        var which = new Argument<string>("ref") { Description = "Its name, or the beginning of its id (4 digits or more)." };
        var verb = new VerbCommand("drop", "Give up a put or get that waits or stopped: what this device keeps for it is removed. Contents that the group has stay as they are.")
        {
            Examples = [("zerok content drop film.mkv", "give up sending it")],
        };
        verb.Add(which);
        verb.Runs(host, async (context, cancellationToken) =>
        {
            var transfers = Waiting.In(context);
            if (transfers.Count == 0) throw new CliException(ExitCode.Usage, "No put or get waits on this device.", "`zerok content rm` removes a content that the group has.");
            var reference = ReferenceShelf.Find([.. transfers.Select(t => t.Reference).DistinctBy(r => r.Id)], context.Parsed.GetValue(which)!);
            return await DropAsync(context, new ReferenceShelf(context.DataDir), reference, cancellationToken);
        });
        return verb;
    }

    /// <summary>Drops what is kept for it; what was put goes from the list too, as nobody will ever have it.</summary>
    public static async Task<ExitCode> DropAsync(VerbContext context, ReferenceShelf shelf, ContentReference reference, CancellationToken cancellationToken)
    {
        await using var run = await SyncRun.StartAsync(context, context.TimeoutOr(GlobalOptions.TimeoutDefault), tellConnections: false, cancellationToken, resumePuts: false);
        var wasPut = run.Session.Contents.Transfers.Any(t => t.IsPut && t.Id == reference.Id);

        // So that the relay, if it can be reached, frees its part at once.
        await run.ConnectedAsync(TimeSpan.FromSeconds(2), cancellationToken);
        await run.Session.Contents.DropAsync(reference.Id, cancellationToken);
        if (wasPut) shelf.Remove(reference);
        context.Output.Result(ContentText.Event("content-dropped", reference), $"Dropped {ContentText.Line(reference)}.");
        return run.CodeSoFar;
    }
}
