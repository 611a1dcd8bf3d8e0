using System.CommandLine;
using ZeroK.Cli.Terminal;
using ZeroK.Client;

namespace ZeroK.Cli.Verbs;

/// <summary><c>zerok group create</c>: starts a group with this device as its first.</summary>
internal static class GroupCreateVerb
{
    private const int RelaysMax = 8;

    public static Command Create(CliHost host)
    {
        var relays = new Option<string[]>("--relay")
        {
            Description = "The relay's address, as it prints it at start: zerok-relay://host:port/fingerprint. 1 to 8, the first preferred.",
            HelpName = "ADDRESS",
            Required = true,
            Arity = new ArgumentArity(1, RelaysMax),
            AllowMultipleArgumentsPerToken = true,
        };
        var secret = new SecretInput();
        var generate = new Option<bool>("--generate-passphrase") { Description = "Make a passphrase that no guessing finds (100 random bits), and show it once." };
        var verb = new VerbCommand("create", "Start a group with this device as its first. Needs no network: the relay learns of it when the device first connects.")
        {
            Examples =
            [
                ("zerok group create --relay zerok-relay://203.0.113.7:4840/…", "a group with a random secret: only invites carry it (recommended)"),
                ("zerok group create --relay ADDRESS --passphrase", "a group whose members know a passphrase; asks for it without echo"),
                ("zerok group create --relay ADDRESS --generate-passphrase", "the same with a passphrase that can't be guessed; write it down"),
                ("ZEROK_PASSPHRASE=… zerok group create --relay ADDRESS --passphrase --json", "the same, for programs"),
            ],
        };
        verb.Add(relays);
        secret.AddTo(verb);
        verb.Add(generate);
        verb.Runs(host, (context, _) => Task.FromResult(Run(context, context.Parsed.GetValue(relays)!, secret, context.Parsed.GetValue(generate))));
        return verb;
    }

    private static ExitCode Run(VerbContext context, string[] relays, SecretInput secret, bool isGenerated)
    {
        var addresses = relays.Select(ParseRelay).ToList();
        if (isGenerated && secret.IsWanted(context.Parsed)) throw new CliException(ExitCode.Usage, "--generate-passphrase makes a passphrase; don't give one as well.");
        using var device = Device.Open(context.DataDir);
        if (device.Group is not null) throw new DeviceException(DeviceProblem.GroupExists, "This device has a group already.");
        if (isGenerated) return WithGenerated(context, device, addresses);
        using var groupSecret = secret.IsWanted(context.Parsed) ? FromPassphrase(context, secret) : GroupSecret.Random();
        var group = device.CreateGroup(groupSecret, addresses);
        Tell(context, device, group, passphrase: null);
        if (group.HasPassphrase) context.Output.Note("Whoever gets an invite can guess at this passphrase on his own machines: `--generate-passphrase` makes one that can't be guessed.");
        return ExitCode.Ok;
    }

    private static ExitCode WithGenerated(VerbContext context, Device device, List<RelayAddress> addresses)
    {
        var passphrase = GroupSecret.GeneratePassphrase();
        try
        {
            using var groupSecret = GroupSecret.FromPassphrase(passphrase);
            Tell(context, device, device.CreateGroup(groupSecret, addresses), new string(passphrase));
            return ExitCode.Ok;
        }
        finally
        {
            Array.Clear(passphrase);
        }
    }

    private static void Tell(VerbContext context, Device device, GroupInfo group, string? passphrase)
    {
        var json = Events.Group("group-created", device.Id, group);
        if (passphrase is not null) json["generatedPassphrase"] = passphrase;
        var text = $"Started a group with {group.Relays.Count} relay{(group.Relays.Count == 1 ? "" : "s")}; its secret is {(group.HasPassphrase ? "your passphrase" : "random: invites carry it")}.";
        context.Output.Result(json, passphrase is null ? text : $"{text}\nPassphrase: {passphrase}\nWrite it down: it is not shown again, and no file has it.");
        context.Output.Note("Next: `zerok invite` shows the invite for your other devices; `zerok push` sends something.");
    }

    private static GroupSecret FromPassphrase(VerbContext context, SecretInput secret)
    {
        var passphrase = secret.Read(context.Host, context.Parsed, context.Output, confirm: true);
        try
        {
            if (passphrase.Length < GroupSecret.PassphraseCharsMin)
                throw new CliException(ExitCode.Usage, $"A passphrase has at least {GroupSecret.PassphraseCharsMin} characters.", "Some unrelated words make a good one.");
            return GroupSecret.FromPassphrase(passphrase);
        }
        finally
        {
            Array.Clear(passphrase);
        }
    }

    private static RelayAddress ParseRelay(string text) =>
        RelayAddress.TryParse(text, out var address, out var problem)
            ? address
            : throw new CliException(ExitCode.Usage, $"--relay: {problem}", "The relay prints its address at start (`zerok relay`).");
}
