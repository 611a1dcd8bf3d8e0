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
        var verb = new VerbCommand("ls", "List the contents that this device has put or was told of by pull or watch. Needs no connection.")
        {
            Examples = [("zerok content ls", "names, sizes, ids")],
        };
        verb.Runs(host, (context, _) => Task.FromResult(Run(context)));
        return verb;
    }

    private static ExitCode Run(VerbContext context)
    {
        var references = new ReferenceShelf(context.DataDir).All();
        foreach (var reference in references) context.Output.Result(ContentText.Event("content", reference), text: null);
        context.Output.Result(new() { ["event"] = "done", ["contents"] = references.Count }, text: null);
        if (context.Output.Json) return ExitCode.Ok;
        if (references.Count == 0) context.Output.Note("No content is known yet: `zerok content put FILE` sends one, `zerok pull` learns of others'.");
        else context.Output.Console().Write(Draw(references));
        return ExitCode.Ok;
    }

    private static Table Draw(IReadOnlyList<ContentReference> references)
    {
        var table = new Table().AddColumns("Id", "Name", "Size", "Type", "Preview");
        foreach (var r in references)
        {
            table.AddRow(
                new Text(ContentText.Short(r)),
                new Text(Display.Safe(r.Name ?? "")),
                new Text(r.Kind == ContentKind.Collection ? "collection" : Display.Size(r.Length)),
                new Text(r.MediaType ?? ""),
                new Text(r.Preview is null ? "" : Display.Size(r.Preview.Length)));
        }

        return table;
    }
}
