using System.CommandLine;
using System.Text;
using ZeroK.Cli.Terminal;
using ZeroK.Client;

namespace ZeroK.Cli.Verbs;

/// <summary><c>zerok outbox</c>: what was pushed and is not yet stored by every relay.</summary>
internal static class OutboxVerb
{
    public static Command Create(CliHost host)
    {
        var payload = new Option<bool>("--payload") { Description = "With --json: put the bytes into each line as base64, to carry them over to another device." };
        var verb = new VerbCommand("outbox", "List what waits to be sent, from local state. Nothing leaves the outbox before a relay has it, also if the relay refuses this device for good.")
        {
            Examples = [("zerok outbox", "what waits"), ("zerok outbox --json --payload > queued.jsonl", "save what a refused device could not send")],
        };
        verb.Add(payload);
        verb.Runs(host, (context, _) => Task.FromResult(Run(context, context.Parsed.GetValue(payload))));
        return verb;
    }

    private static ExitCode Run(VerbContext context, bool withPayload)
    {
        using var device = Device.Open(context.DataDir);
        var count = 0;
        foreach (var blob in device.ReadOutbox())
        {
            count++;
            var json = Events.Queued(blob);
            if (withPayload) json["base64"] = Convert.ToBase64String(blob.Payload.Span);
            context.Output.Result(json, Line(blob));
        }

        context.Output.Result(new() { ["event"] = "done", ["queued"] = count }, count == 0 ? "Nothing waits." : $"{Display.Count(count, "blob waits", "blobs wait")}.");
        return ExitCode.Ok;
    }

    private static string Line(QueuedBlob blob) =>
        $"{blob.Sequence}  {Display.Time(blob.PushedAt)}  {Display.Size(blob.Payload.Length)}  {Display.Safe(blob.Label ?? Encoding.UTF8.GetString(blob.Payload.Span[..Math.Min(40, blob.Payload.Length)]))}";
}
