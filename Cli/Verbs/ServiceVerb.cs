using System.CommandLine;
using ZeroK.Cli.Service;
using ZeroK.Client;

namespace ZeroK.Cli.Verbs;

/// <summary><c>zerok service</c>: <c>watch</c> as a service of this user, so that the device syncs while nobody types.</summary>
internal static class ServiceVerb
{
    private const string NameDefault = "zerok";

    public static Command Create(CliHost host)
    {
        var verb = new Command("service", "Keep `zerok watch` running as a service of this user (a systemd user unit, a launchd agent or a Windows task). Other commands work through it.");
        verb.Add(Install(host));
        verb.Add(Show(host));
        verb.Add(Remove(host));
        return verb;
    }

    private static VerbCommand Install(CliHost host)
    {
        var (name, output) = (NameOption(), OutOption());
        var verb = new VerbCommand("install", "Write the service, start it now, and start it whenever this user logs in. Installing again replaces it.")
        {
            Examples =
            [
                ("zerok service install --out ~/inbox", "what arrives is written below ~/inbox"),
                ("zerok service install --name work --data-dir ~/work-device --out ~/work", "another device beside it"),
            ],
        };
        verb.Add(output);
        verb.Add(name);
        verb.Runs(host, async (context, cancellationToken) =>
        {
            // A service without a group would only fail, where nobody looks.
            using (var device = Device.Open(context.DataDir))
            {
                if (device.Group is null) throw new CliException(ExitCode.NotSetUp, "This device has no group yet.", "Start a group with `zerok group create --relay ADDRESS`, or join one with `zerok group join`.");
            }

            var service = Of(context, context.Parsed.GetValue(name)!, context.Parsed.GetValue(output)!);
            Directory.CreateDirectory(Path.GetDirectoryName(service.Path)!);
            await File.WriteAllTextAsync(service.Path + ".new", service.Text, service.Encoding, cancellationToken);
            File.Move(service.Path + ".new", service.Path, overwrite: true);
            await RunAllAsync(context, service.Start, $"The service is written ({service.Path}), but it does not run.", cancellationToken);
            context.Output.Result(
                new() { ["event"] = "service-installed", ["name"] = context.Parsed.GetValue(name), ["file"] = service.Path },
                $"Installed and started: {service.Path}{(OperatingSystem.IsLinux() ? "\nIt runs while you are logged in; `loginctl enable-linger` lets it run always." : "")}");
            return ExitCode.Ok;
        });
        return verb;
    }

    private static VerbCommand Show(CliHost host)
    {
        var (name, output) = (NameOption(), OutOption());
        var verb = new VerbCommand("show", "Print the service's file without writing it, to look at or to change.")
        {
            Examples = [("zerok service show --out ~/inbox", "what `install` would write")],
        };
        verb.Add(output);
        verb.Add(name);
        verb.Runs(host, (context, _) =>
        {
            var service = Of(context, context.Parsed.GetValue(name)!, context.Parsed.GetValue(output)!);
            context.Output.Result(new() { ["event"] = "service", ["file"] = service.Path, ["text"] = service.Text }, service.Text.TrimEnd('\n'));
            return Task.FromResult(ExitCode.Ok);
        });
        return verb;
    }

    private static VerbCommand Remove(CliHost host)
    {
        var name = NameOption();
        var verb = new VerbCommand("remove", "End the service and take its file away. The device and what was written stay.")
        {
            Examples = [("zerok service remove", "sync only when a command runs, from now on")],
        };
        verb.Add(name);
        verb.Runs(host, async (context, cancellationToken) =>
        {
            var service = Of(context, context.Parsed.GetValue(name)!, folder: ".");
            if (!File.Exists(service.Path)) throw new CliException(ExitCode.Error, $"There is no such service: {service.Path} is missing.", "`zerok service install --out DIR` makes one; --name says which.");
            await RunAllAsync(context, service.Stop, $"The service could not be ended; its file is still there: {service.Path}.", cancellationToken);
            File.Delete(service.Path);
            await RunAllAsync(context, service.AfterRemoval, "The service is removed.", cancellationToken);
            context.Output.Result(new() { ["event"] = "service-removed", ["name"] = context.Parsed.GetValue(name), ["file"] = service.Path }, "Ended and removed.");
            return ExitCode.Ok;
        });
        return verb;
    }

    private static Option<string> NameOption()
    {
        var name = new Option<string>("--name") { Description = "The service's name, where several devices run on one machine.", HelpName = "NAME", DefaultValueFactory = _ => NameDefault };
        name.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string>() is not { Length: > 0 and <= 64 } text || !text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'))
                result.AddError("--name takes at most 64 letters, digits, - and _.");
        });
        return name;
    }

    private static Option<string> OutOption() => new("--out", "-o") { Description = "Where what arrives is written, text too.", HelpName = "DIR", Required = true };

    private static UserService Of(VerbContext context, string name, string folder)
    {
        var spec = new ServiceSpec(name, [.. context.Host.Self(), "watch", "--data-dir", context.DataDir, "--out", Path.GetFullPath(folder), "--text-to-files"]);
        return context.Host.Services(spec, context.Host.Environment);
    }

    private static async Task RunAllAsync(VerbContext context, IReadOnlyList<string[]> lines, string otherwise, CancellationToken cancellationToken)
    {
        foreach (var line in lines)
        {
            var (code, said) = await context.Host.Run(line, cancellationToken);
            if (code != 0) throw new CliException(ExitCode.Error, $"{otherwise} `{string.Join(' ', line)}` ended with {code}{(said.Length == 0 ? "" : ": " + said)}.", "Run that line by hand to see why; then install or remove it again.");
        }
    }
}
