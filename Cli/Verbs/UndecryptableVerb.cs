using System.CommandLine;
using System.Text.Json.Nodes;
using ZeroK.Cli.Terminal;
using ZeroK.Client;

namespace ZeroK.Cli.Verbs;

/// <summary><c>zerok undecryptable</c>: what could not be opened, and giving it up.</summary>
internal static class UndecryptableVerb
{
    public static Command Create(CliHost host)
    {
        var blobs = new Option<string[]>("--give-up") { Description = "Give up these: ids as --json shows them (\"blob\"), or \"all\". Nothing of them is kept, and the relay may forget what comes after them.", HelpName = "BLOB", AllowMultipleArgumentsPerToken = true };
        var verb = new VerbCommand("undecryptable", "List received blobs that can't be opened, from local state. While the relay still has such a blob, it is not told that this device has what comes after it.")
        {
            Examples = [("zerok undecryptable", "what can't be opened, and why"), ("zerok undecryptable --give-up all", "go on without them")],
        };
        verb.Add(blobs);
        verb.Runs(host, (context, cancellationToken) => RunAsync(context, context.Parsed.GetValue(blobs) ?? [], cancellationToken));
        return verb;
    }

    private static async Task<ExitCode> RunAsync(VerbContext context, string[] ids, CancellationToken cancellationToken)
    {
        var all = ids is ["all"];
        var wanted = all ? [] : Array.ConvertAll(ids, DeleteVerb.Parse);
        using var device = Device.Open(context.DataDir);

        // Suspended: nothing of this needs a relay. The next session tells it how far this device is.
        await using var client = await SyncClient.StartAsync(device, context.SyncOptions with { StartSuspended = true }, cancellationToken);
        if (ids.Length > 0)
        {
            var givenUp = all ? client.GiveUpUndecryptable() : wanted.Sum(id => client.GiveUpUndecryptable(id));
            context.Output.Result(new JsonObject { ["event"] = "done", ["givenUp"] = givenUp }, $"Given up: {givenUp}. The relay is told at the next connection.");
            return ExitCode.Ok;
        }

        var listed = client.ListUndecryptable();
        foreach (var blob in listed) context.Output.Result(JsonOf(blob), $"#{blob.Cursor}  {Display.Short(blob.Sender)}  blob {blob.Sequence}  {SyncEventText.Kebab(blob.Reason.ToString())}{(blob.HoldsBack ? "" : "  (gone at the relay)")}");
        context.Output.Result(new JsonObject { ["event"] = "done", ["undecryptable"] = listed.Count }, listed.Count == 0 ? "Everything could be opened." : $"Can't be opened: {listed.Count}.");
        return ExitCode.Ok;
    }

    private static JsonObject JsonOf(UndecryptableBlob blob) => new()
    {
        ["event"] = "undecryptable-blob",
        ["blob"] = blob.Id.Reveal(),
        ["relay"] = blob.Relay?.ToString(),
        ["cursor"] = blob.Cursor.Value,
        ["sender"] = blob.Sender.Reveal(),
        ["sequence"] = blob.Sequence,
        ["reason"] = SyncEventText.Kebab(blob.Reason.ToString()),
        ["kept"] = blob.IsKept,
        ["holdsBack"] = blob.HoldsBack,
    };
}
