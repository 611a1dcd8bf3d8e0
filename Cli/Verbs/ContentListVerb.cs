using System.CommandLine;
using Spectre.Console;
using ZeroK.Cli.Contents;
using ZeroK.Cli.Terminal;
using ZeroK.Client;

namespace ZeroK.Cli.Verbs;

/// <summary><c>zerok content ls</c>: the contents that this device knows. Needs no connection.</summary>
internal static class ContentListVerb
{
    public static Command Create(CliHost host)
    {
        var verb = new VerbCommand("ls", "List the contents that this device has put or was told of by pull or watch, and those that wait to be sent. Needs no connection.")
        {
            Examples = [("zerok content ls", "names, sizes, ids")],
        };
        verb.Runs(host, (context, _) => Task.FromResult(Run(context)));
        return verb;
    }

    private static ExitCode Run(VerbContext context)
    {
        var unfinished = Waiting.In(context).ToLookup(t => t.Id);
        var references = new ReferenceShelf(context.DataDir).AllWith([.. unfinished.SelectMany(t => t)]);
        foreach (var reference in references)
        {
            var json = ContentText.Event("content", reference);
            json["state"] = State(unfinished[reference.Id]);
            json["leftBytes"] = unfinished[reference.Id].Sum(t => t.LeftBytes);
            context.Output.Result(json, text: null);
        }

        context.Output.Result(new() { ["event"] = "done", ["contents"] = references.Count, ["unfinished"] = unfinished.Count }, text: null);
        if (context.Output.Json) return ExitCode.Ok;
        if (references.Count == 0) context.Output.Note("No content is known yet: `zerok content put FILE` sends one, `zerok pull` learns of others'.");
        else context.Output.Console().Write(Draw(references, unfinished));
        return ExitCode.Ok;
    }

    // Not "here": a get is for its file, and this list doesn't know where that went.
    private static string State(IEnumerable<ContentTransfer> unfinished) =>
        unfinished.FirstOrDefault() switch
        {
            null => "in-group",
            { IsPut: true } => "waits-to-be-sent",
            _ => "fetched-in-part",
        };

    private static string StateText(IEnumerable<ContentTransfer> unfinished) =>
        unfinished.FirstOrDefault() switch
        {
            null => "",
            { IsPut: true } waiting => $"waits to be sent, {Display.Size(waiting.LeftBytes)} left",
            _ => "fetched in part",
        };

    private static Table Draw(IReadOnlyList<ContentReference> references, ILookup<ContentId, ContentTransfer> unfinished)
    {
        var table = new Table().AddColumns("Id", "Name", "Size", "Type", "Preview", "State");
        foreach (var r in references)
        {
            table.AddRow(
                new Text(ContentText.Short(r)),
                new Text(Display.Safe(r.Name ?? "")),
                new Text(r.Kind == ContentKind.Collection ? "collection" : Display.Size(r.Length)),
                new Text(r.MediaType ?? ""),
                new Text(r.Preview is null ? "" : Display.Size(r.Preview.Length)),
                new Text(StateText(unfinished[r.Id])));
        }

        return table;
    }
}
