using System.CommandLine;
using System.Text.Json.Nodes;
using ZeroK.Cli.Sync;
using ZeroK.Cli.Terminal;
using ZeroK.Wire;

namespace ZeroK.Cli.Verbs;

/// <summary><c>zerok delete</c>: takes back own blobs at the relays.</summary>
internal static class DeleteVerb
{
    public static Command Create(CliHost host)
    {
        var blobs = new Argument<string[]>("blob") { Description = "Ids of own blobs, as `zerok push --json` shows them (\"blob\").", Arity = ArgumentArity.OneOrMore };
        var verb = new VerbCommand("delete", "Delete own blobs at the relays: devices that have not read them don't get them any more. Those that have read them keep what they have.")
        {
            Examples = [("zerok delete 0f6ad0c3a5b14e0f8d3c9b7a61524334", "take one back"), ("zerok push secret.txt --json | jq -r 'select(.event==\"pushed\").blob'", "where ids come from")],
        };
        verb.Add(blobs);
        verb.Runs(host, (context, cancellationToken) => RunAsync(context, [.. context.Parsed.GetValue(blobs)!.Select(Parse)], cancellationToken));
        return verb;
    }

    private static async Task<ExitCode> RunAsync(VerbContext context, BlobId[] blobs, CancellationToken cancellationToken)
    {
        await using var run = await SyncRun.StartAsync(context, context.TimeoutOr(GlobalOptions.TimeoutDefault), tellConnections: false, cancellationToken);
        var missed = await run.UnderWatchAsync(token => run.Session.DeleteAsync(blobs, token), progress: null, cancellationToken);
        var where = missed.Count == 0 ? "" : $" Not reached: {string.Join(", ", missed.Select(r => $"{r.Host}:{r.Port}"))}; run it again for them.";
        context.Output.Result(
            new JsonObject { ["event"] = "done", ["deleted"] = blobs.Length, ["notReached"] = new JsonArray([.. missed.Select(r => JsonValue.Create(r.ToString()))]) },
            $"Asked the relay to delete {Display.Count(blobs.Length, "blob")}.{where}");
        return missed.Count == 0 ? run.CodeSoFar : ExitCode.Unreachable;
    }

    internal static BlobId Parse(string text)
    {
        var bytes = new byte[BlobId.Size];
        return text.Length == 2 * BlobId.Size && Convert.FromHexString(text, bytes, out _, out var written) == System.Buffers.OperationStatus.Done && written == BlobId.Size
            ? new BlobId(bytes)
            : throw new CliException(ExitCode.Usage, $"\"{Display.Safe(text)}\" is no blob's id: that is {2 * BlobId.Size} hexadecimal digits.", "`zerok push --json` shows it as \"blob\".");
    }
}
