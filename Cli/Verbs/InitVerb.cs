using System.CommandLine;
using ZeroK.Cli.Terminal;
using ZeroK.Client;
using ZeroK.Wire;

namespace ZeroK.Cli.Verbs;

/// <summary><c>zerok init</c>: makes the device.</summary>
internal static class InitVerb
{
    public static Command Create(CliHost host)
    {
        var name = new Option<string?>("--name") { Description = "What the group's other devices see; the relay sees it sealed. Default: this machine's name.", HelpName = "NAME" };
        var verb = new VerbCommand("init", "Make this device: its keys and its directory. Done once; nothing is ever overwritten.")
        {
            Examples =
            [
                ("zerok init --name laptop", "make the device in the default directory"),
                ("zerok init --data-dir ./phone", "make another device beside it; give --data-dir with every command for it"),
            ],
        };
        verb.Add(name);
        verb.Runs(host, (context, _) => Task.FromResult(Run(context, context.Parsed.GetValue(name))));
        return verb;
    }

    private static ExitCode Run(VerbContext context, string? name)
    {
        name ??= DefaultName();
        if (name.Length is 0 or > WireLimits.DeviceNameCharsMax)
            throw new CliException(ExitCode.Usage, $"A device's name has 1 to {WireLimits.DeviceNameCharsMax} characters; this has {name.Length}.");
        using var device = Device.Init(context.DataDir, name);
        context.Output.Result(Events.Initialized(device.Id, device.Name, device.Directory), $"Made device {Display.Short(device.Id)} ({Display.Safe(device.Name)}) in {device.Directory}");
        context.Output.Note("Next: `zerok group create --relay ADDRESS` starts a group, `zerok group join` joins one. Don't back the directory up by copying: two copies of a device contradict each other.");
        return ExitCode.Ok;
    }

    private static string DefaultName() => Environment.MachineName is { Length: > 0 and <= WireLimits.DeviceNameCharsMax } machine ? machine : "device";
}
