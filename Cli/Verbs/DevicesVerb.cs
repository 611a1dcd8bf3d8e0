using System.CommandLine;
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
            Rows.Show(context.Output, ["Device", "Name", "State", "Read up to", "Pushed", "Last seen"], [.. devices.Select(Row)]);
        }

        return run.CodeSoFar;
    }

    private static string[] Row(GroupDevice d) =>
    [
        Display.Short(d.Id) + (d.IsThisDevice ? " (this)" : ""),
        Display.Safe(d.Name ?? "?"),
        d.Revoked ? "removed" : d.Online ? "online" : "offline",
        "#" + d.Acked,
        d.LastSequence.ToString(System.Globalization.CultureInfo.InvariantCulture),
        Display.Time(d.LastSeen),
    ];
}
