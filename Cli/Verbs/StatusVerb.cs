using System.CommandLine;
using System.Text.Json.Nodes;
using Spectre.Console;
using ZeroK.Cli.Sync;
using ZeroK.Cli.Terminal;
using ZeroK.Client;

namespace ZeroK.Cli.Verbs;

/// <summary><c>zerok status</c>: how things stand.</summary>
internal static class StatusVerb
{
    public static Command Create(CliHost host)
    {
        var online = new Option<bool>("--online") { Description = "Connect to the relay and say how things stand there, too." };
        var verb = new VerbCommand("status", "Say how things stand: what waits, what the relay has, what is wrong. Reads local state, also while another zerok runs.")
        {
            Examples =
            [
                ("zerok status", "from local state, without a connection"),
                ("zerok status --online --timeout 5s", "connect and compare with the relay"),
                ("zerok status --json | jq -r .vector", "equal vectors on two devices mean equal sets of blobs"),
            ],
        };
        var hasState = new Option<bool>("--has-state") { Description = "Say that this device has from another one what the relay no longer keeps: ends \"needs state\"." };
        verb.Add(online);
        verb.Add(hasState);
        verb.Runs(host, async (context, cancellationToken) =>
        {
            if (context.Parsed.GetValue(hasState)) await ConfirmStateAsync(context, cancellationToken);
            return await (context.Parsed.GetValue(online) ? OnlineAsync(context, cancellationToken) : Task.FromResult(Local(context)));
        });
        return verb;
    }

    private static async Task ConfirmStateAsync(VerbContext context, CancellationToken cancellationToken)
    {
        using var device = Device.Open(context.DataDir);
        await using var client = await SyncClient.StartAsync(device, context.SyncOptions with { StartSuspended = true }, cancellationToken);
        await client.ConfirmStateAsync(cancellationToken);
    }

    private static ExitCode Local(VerbContext context)
    {
        using var device = Device.Open(context.DataDir);
        if (device.Group is not { } group) throw new DeviceException(DeviceProblem.NoGroup, $"The device {Display.Short(device.Id)} in {context.DataDir} has no group yet.");
        return Show(context, device.ReadStatus(), device.Id.Reveal(), device.Name, group, isOnline: false, Puts(device.ReadContentTransfers()));
    }

    private static async Task<ExitCode> OnlineAsync(VerbContext context, CancellationToken cancellationToken)
    {
        await using var run = await SyncRun.StartAsync(context, context.TimeoutOr(GlobalOptions.TimeoutDefault), tellConnections: false, cancellationToken);

        // The list of devices is the smallest question that only the relay can answer.
        var devices = await run.UnderWatchAsync(token => run.Session.ListDevicesAsync(token), progress: null, cancellationToken);
        var code = Show(context, run.Session.Status, run.Session.Self.Reveal(), run.Session.Name, run.Session.Group, isOnline: true, Puts(run.Session.Contents.Transfers), devices);
        return code == ExitCode.Ok ? run.CodeSoFar : code;
    }

    private static ExitCode Show(VerbContext context, SyncStatus status, string device, string name, GroupInfo group, bool isOnline, IReadOnlyList<ContentTransfer> contents, IReadOnlyList<GroupDevice>? devices = null)
    {
        var others = devices?.Where(d => !d.IsThisDevice && !d.Revoked).ToList();
        var upToDate = others?.Count(d => d.Acked >= status.Head);
        if (context.Output.Json)
        {
            JsonObject json = Events.Status(status);
            json["device"] = device;
            json["name"] = name;
            json["group"] = group.Id.Reveal();
            json["relays"] = Events.Relays(group);
            json["dataDir"] = context.DataDir;
            (json["pendingContents"], json["pendingContentBytes"]) = (contents.Count, contents.Sum(c => c.LeftBytes));
            if (!isOnline) json["online"] = false;
            if (others is not null) (json["otherDevices"], json["otherDevicesUpToDate"]) = (others.Count, upToDate);
            context.Output.Result(json, text: null);
        }
        else
        {
            Draw(context, status, device, name, group, isOnline, contents, others is null ? null : $"{upToDate} of {others.Count} have everything that the relay has");
        }

        return status.OpenProblems.Count > 0 || status.Undecryptable > 0 ? ExitCode.DataProblem : ExitCode.Ok;
    }

    private static IReadOnlyList<ContentTransfer> Puts(IReadOnlyList<ContentTransfer> transfers) => [.. transfers.Where(t => t.IsPut)];

    private static string WaitingText(SyncStatus status, IReadOnlyList<ContentTransfer> contents)
    {
        var waiting = new List<string>();
        if (status.PendingBlobs > 0) waiting.Add($"{(status.PendingBlobs == 1 ? "1 blob" : $"{status.PendingBlobs} blobs")}, {Display.Size(status.PendingBytes)}");
        if (contents.Count > 0) waiting.Add($"{(contents.Count == 1 ? "1 content" : $"{contents.Count} contents")}, {Display.Size(contents.Sum(c => c.LeftBytes))} (`zerok content ls`)");
        return waiting.Count == 0 ? "nothing" : string.Join("; ", waiting);
    }

    private static void Draw(VerbContext context, SyncStatus status, string device, string name, GroupInfo group, bool isOnline, IReadOnlyList<ContentTransfer> contents, string? delivered)
    {
        var grid = new Grid().AddColumn(new GridColumn().NoWrap()).AddColumn();
        void Row(string what, string value) => grid.AddRow(new Text(what), new Text(Display.Safe(value)));
        Row("Device", $"{name} ({device[..8]}), in {context.DataDir}");
        Row("Relays", string.Join(", ", group.Relays.Select(r => $"{r.Host}:{r.Port}")));
        if (isOnline) Row("Connection", $"{SyncEventText.Kebab(status.State.ToString())} by {SyncEventText.Transport(status.Transport)}{ConnectedTo(status.Relays.FirstOrDefault(r => r.IsPrimary))}{(status.WhyNotQuic is { } why ? $" (not QUIC: {why})" : "")}");
        Row("Pushed", $"{status.LastSequence} blobs; the relay has stored {status.DurableSequence}");
        if (delivered is not null) Row("Other devices", delivered);
        Row("Waiting to be sent", WaitingText(status, contents));
        Row("Received", $"everything up to #{status.Received}{(status.Head > status.Received ? $" of #{status.Head}" : "")}");
        foreach (var relay in status.Relays.Where(_ => status.Relays.Count > 1))
            Row($"Relay {relay.Address.Host}:{relay.Address.Port}", $"has stored {relay.DeliveredSequence}{(relay.PendingBlobs > 0 ? $", {relay.PendingBlobs} wait for it" : "")}{(isOnline ? $"; {SyncEventText.Kebab(relay.State.ToString())}{ConnectedTo(relay)}" : "")}{(isOnline && relay.IsPrimary ? ", primary" : "")}{(relay.LastError is { } why ? $": {why}" : "")}");
        if (status.NeedsState) Row("Needs state", "yes: `zerok status --has-state` once this device has it from another one");
        if (status.Undecryptable > 0) Row("Can't be opened", $"{status.Undecryptable} blobs, kept; tried again at every start");
        if (status.LastError is { } error) Row("Last error", error);
        foreach (var problem in status.OpenProblems) Row("Problem", problem);
        context.Output.Console().Write(grid);
    }

    // One relay may be several machines: it names the best of them to each device.
    private static string ConnectedTo(RelayStatus? relay) => relay?.ConnectedTo is { } elsewhere ? $", at {elsewhere}" : "";
}
