using System.CommandLine;
using Spectre.Console;
using ZeroK.Cli.Sync;
using ZeroK.Cli.Terminal;
using ZeroK.Client;

namespace ZeroK.Cli.Verbs;

/// <summary><c>zerok devices</c>: the group's devices, as the relay knows them.</summary>
internal static class DevicesVerb
{
    public static Command Create(CliHost host)
    {
        var verb = new VerbCommand("devices", "List the group's devices as the relay knows them. It knows ids and times; the names are sealed and opened here.")
        {
            Examples = [("zerok devices", "who is in the group, who is connected, who has read how far")],
        };
        verb.Runs(host, RunAsync);
        return verb;
    }

    private static async Task<ExitCode> RunAsync(VerbContext context, CancellationToken cancellationToken)
    {
        await using var run = await SyncRun.StartAsync(context, context.TimeoutOr(GlobalOptions.TimeoutDefault), tellConnections: false, cancellationToken);
        var devices = await run.UnderWatchAsync(token => run.Session.ListDevicesAsync(token), progress: null, cancellationToken);
        if (context.Output.Json)
        {
            foreach (var device in devices) context.Output.Result(Events.Device(device), text: null);
            context.Output.Result(new() { ["event"] = "done", ["devices"] = devices.Count }, text: null);
        }
        else
        {
            context.Output.Console().Write(Draw(devices));
        }

        return run.CodeSoFar;
    }

    private static Table Draw(IReadOnlyList<GroupDevice> devices)
    {
        var table = new Table().AddColumns("Device", "Name", "State", "Read up to", "Pushed", "Last seen");
        foreach (var d in devices)
        {
            var state = d.Revoked ? "removed" : d.Online ? "online" : "offline";
            table.AddRow(
                new Text(Display.Short(d.Id) + (d.IsThisDevice ? " (this)" : "")),
                new Text(Display.Safe(d.Name ?? "?")),
                new Text(state),
                new Text("#" + d.Acked),
                new Text(d.LastSequence.ToString(System.Globalization.CultureInfo.InvariantCulture)),
                new Text(Display.Time(d.LastSeen)));
        }

        return table;
    }
}
