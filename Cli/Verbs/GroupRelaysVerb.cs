using System.CommandLine;
using ZeroK.Cli.Terminal;
using ZeroK.Client;

namespace ZeroK.Cli.Verbs;

/// <summary><c>zerok group relays</c>: shows where the group's relays are, and changes it for this device.</summary>
internal static class GroupRelaysVerb
{
    private const int RelaysMax = 8;

    public static Command Create(CliHost host)
    {
        var set = Addresses("--set", "Use these from now on instead of all that are known: the first preferred. Their fingerprints are pinned anew.");
        var add = Addresses("--add", "Use these too, after those that are known. The same fingerprint at another address is another way to the same relay.");
        var verb = new VerbCommand("relays", "Show where the group's relays are, or tell this device where they are now: when a relay gets another address or port, or was set up anew. Other devices are told by this, or by a new invite (`zerok group join` takes its relays).")
        {
            Examples =
            [
                ("zerok group relays", "show them"),
                ("zerok group relays --set zerok-relay://198.51.100.4:4840/…", "the relay moved: use its new address"),
                ("zerok group relays --add zerok-relay://relay2.example:4840/…", "one more relay, or one more address of the same"),
            ],
        };
        verb.Add(set);
        verb.Add(add);
        verb.Runs(host, (context, _) => Task.FromResult(Run(context, context.Parsed.GetValue(set) ?? [], context.Parsed.GetValue(add) ?? [])));
        return verb;
    }

    private static ExitCode Run(VerbContext context, string[] set, string[] add)
    {
        if (set.Length > 0 && add.Length > 0) throw new CliException(ExitCode.Usage, "--set and --add can't be used together.", "--set names all addresses, --add those that are to come.");
        using var device = Device.Open(context.DataDir);
        var known = device.Group?.Relays ?? throw new DeviceException(DeviceProblem.NoGroup, "This device has no group yet.");
        if (set.Length + add.Length == 0)
        {
            context.Output.Result(Events.Group("group-relays", device.Id, device.Group), string.Join('\n', known.Select(r => r.ToString())));
            return ExitCode.Ok;
        }

        List<RelayAddress> relays = [.. (set.Length > 0 ? [] : known).Concat(set.Concat(add).Select(Parse)).Distinct()];
        if (relays.Count > RelaysMax) throw new CliException(ExitCode.Usage, $"A group has at most {RelaysMax} addresses; these are {relays.Count}.", "Name those that are to stay with --set.");
        Told(context, device, known, device.ChangeRelays(relays));
        return ExitCode.Ok;
    }

    /// <summary>Says what changed.</summary>
    public static void Told(VerbContext context, Device device, IReadOnlyList<RelayAddress> before, GroupInfo group)
    {
        context.Output.Result(Events.Group("relays-changed", device.Id, group), group.Relays.SequenceEqual(before) ? "The relays are these already; nothing changed." : $"The group's relays for this device are now {string.Join(", ", group.Relays.Select(r => $"{r.Host}:{r.Port}"))}.");
        foreach (var pinned in group.Relays.Where(r => !before.Any(b => b.Fingerprint.Span.SequenceEqual(r.Fingerprint.Span))))
            context.Output.Note($"{pinned.Host}:{pinned.Port} has a fingerprint that this device did not know: it is pinned now. Compare it with what the relay prints at its start, if you don't have it from its operator.");
    }

    /// <summary>An address of the command line.</summary>
    public static RelayAddress Parse(string text) =>
        RelayAddress.TryParse(text, out var address, out var problem)
            ? address
            : throw new CliException(ExitCode.Usage, $"The relay's address: {problem}", "The relay prints its address at start (`zerok relay`).");

    private static Option<string[]> Addresses(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "ADDRESS",
        Arity = new ArgumentArity(1, RelaysMax),
        AllowMultipleArgumentsPerToken = true,
    };
}
