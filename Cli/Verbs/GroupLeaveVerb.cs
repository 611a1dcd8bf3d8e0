using System.CommandLine;
using System.Text.Json.Nodes;
using ZeroK.Client;

namespace ZeroK.Cli.Verbs;

/// <summary><c>zerok group leave</c>: forgets the group on this device.</summary>
internal static class GroupLeaveVerb
{
    public static Command Create(CliHost host)
    {
        var sure = new Option<bool>("--yes") { Description = "Do it: the group's keys and all that this device knows of it are removed here." };
        var drop = new Option<bool>("--drop-unsent") { Description = "Leave though something that was pushed here is on no relay yet. It is lost." };
        var verb = new VerbCommand("leave", "Leave the group: remove its keys and state from this device. The device gets a new identity, and can start or join a group as a new one. The last device that leaves takes the keys with it. Needs no network.")
        {
            Examples =
            [
                ("zerok group leave --yes", "leave; refused while something waits to be sent"),
                ("zerok group leave --yes --drop-unsent", "leave, and lose what waits"),
            ],
        };
        verb.Add(sure);
        verb.Add(drop);
        verb.Runs(host, (context, _) => Task.FromResult(Run(context, context.Parsed.GetValue(sure), context.Parsed.GetValue(drop))));
        return verb;
    }

    private static ExitCode Run(VerbContext context, bool isSure, bool dropUnsent)
    {
        using var device = Device.Open(context.DataDir);
        if (device.Group is not { } group) throw new DeviceException(DeviceProblem.NoGroup, "This device has no group.");
        if (!isSure) throw new CliException(ExitCode.Usage, "Leaving removes the group's keys from this device: without another device or an invite nobody can read the group's data any more.", "`zerok group leave --yes` does it.");
        device.LeaveGroup(dropUnsent);
        context.Output.Result(new JsonObject { ["event"] = "group-left", ["group"] = group.Id.Reveal(), ["device"] = device.Id.Reveal() }, "Left the group. This device has a new identity now.");
        return ExitCode.Ok;
    }
}
