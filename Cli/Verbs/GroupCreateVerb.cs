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
        var verb = new VerbCommand("create", "Start a group with this device as its first. Needs no network: the relay learns of it when the device first connects.")
        {
            Examples =
            [
                ("zerok group create --relay zerok-relay://203.0.113.7:4840/…", "a group with a random secret: only invites carry it (recommended)"),
                ("zerok group create --relay ADDRESS --passphrase", "a group whose members know a passphrase; asks for it without echo"),
                ("ZEROK_PASSPHRASE=… zerok group create --relay ADDRESS --passphrase --json", "the same, for programs"),
            ],
        };
        verb.Add(relays);
        secret.AddTo(verb);
        verb.Runs(host, (context, _) => Task.FromResult(Run(context, context.Parsed.GetValue(relays)!, secret)));
        return verb;
    }

    private static ExitCode Run(VerbContext context, string[] relays, SecretInput secret)
    {
        var addresses = relays.Select(ParseRelay).ToList();
        using var device = Device.Open(context.DataDir);
        if (device.Group is not null) throw new DeviceException(DeviceProblem.GroupExists, "This device has a group already.");
        using var groupSecret = secret.IsWanted(context.Parsed) ? FromPassphrase(context, secret) : GroupSecret.Random();
        var group = device.CreateGroup(groupSecret, addresses);
        context.Output.Result(Events.Group("group-created", device.Id, group), $"Started a group with {group.Relays.Count} relay{(group.Relays.Count == 1 ? "" : "s")}; its secret is {(group.HasPassphrase ? "your passphrase" : "random: invites carry it")}.");
        context.Output.Note("Next: `zerok invite` shows the invite for your other devices; `zerok push` sends something.");
        return ExitCode.Ok;
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
