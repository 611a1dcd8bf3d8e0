using System.CommandLine;
using System.Security.Cryptography;
using ZeroK.Cli.Terminal;
using ZeroK.Client;

namespace ZeroK.Cli.Verbs;

/// <summary><c>zerok group join</c>: joins the group of an invite.</summary>
internal static class GroupJoinVerb
{
    // A mail with a link in it.
    private const int InviteBytesMax = Invite.TextCharsMax;

    public static Command Create(CliHost host)
    {
        var link = new Argument<string?>("invite")
        {
            Description = "The link zerok://join/…; - or nothing reads it from standard input, or asks without echo.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var file = new Option<string?>("--invite-file") { Description = "Read the link from a file.", HelpName = "FILE" };
        var secret = new SecretInput();
        var verb = new VerbCommand("join", "Join the group of an invite; on a device of that group, take the invite's relays (they have another address now). An invite is a key: on the command line others can see it, so better paste it or pipe it.")
        {
            Examples =
            [
                ("zerok group join", "asks for the link, without echo"),
                ("zerok group join --invite-file invite.txt", "reads the link from a file"),
                ("ssh laptop zerok invite | zerok group join", "pipes it from another device"),
            ],
        };
        verb.Add(link);
        verb.Add(file);
        secret.AddTo(verb);
        verb.Runs(host, (context, _) => Task.FromResult(Run(context, context.Parsed.GetValue(link), context.Parsed.GetValue(file), secret)));
        return verb;
    }

    private static ExitCode Run(VerbContext context, string? link, string? file, SecretInput secret)
    {
        using var device = Device.Open(context.DataDir);
        var isOnCommandLine = file is null && link is not null and not "-";
        using (var invite = ReadInvite(context, isOnCommandLine ? link : null, file))
        {
            if (isOnCommandLine && !invite.NeedsPassphrase)
                context.Output.Warn("invite-on-command-line", "This invite is a key, and on the command line other users of this machine can see it and the shell's history keeps it. Better: `zerok group join` without it, or --invite-file.");
            var before = device.Group;
            if (before is not null && before.Id != invite.Group) throw new DeviceException(DeviceProblem.GroupExists, "This device has another group already.");
            var group = Join(context, device, invite, secret);
            if (before is not null)
            {
                GroupRelaysVerb.Told(context, device, before.Relays, group);
                return ExitCode.Ok;
            }

            context.Output.Result(Events.Group("group-joined", device.Id, group), $"Joined the group at {string.Join(", ", group.Relays.Select(r => $"{r.Host}:{r.Port}"))}.");
            context.Output.Note("Next: `zerok pull` fetches what the relay keeps, `zerok watch` waits for more.");
            return ExitCode.Ok;
        }
    }

    private static GroupInfo Join(VerbContext context, Device device, Invite invite, SecretInput secret)
    {
        if (!invite.NeedsPassphrase) return device.JoinGroup(invite);
        var passphrase = secret.Read(context.Host, context.Parsed, context.Output, confirm: false);
        try
        {
            return device.JoinGroup(invite, passphrase);
        }
        finally
        {
            Array.Clear(passphrase);
        }
    }

    private static Invite ReadInvite(VerbContext context, string? onCommandLine, string? file)
    {
        var isAsked = onCommandLine is null && file is null && context.Host.InIsTerminal && context.Parsed.GetResult("invite") is null or { Tokens.Count: 0 };
        var text = onCommandLine?.ToCharArray() ?? (isAsked ? context.Host.ReadSecret("Invite (not shown): ") : ReadText(context, file));
        try
        {
            while (true)
            {
                if (Invite.TryParse(text, out var invite, out var problem)) return invite;
                if (!isAsked || !AskForMore(context, ref text)) throw new CliException(ExitCode.Usage, $"The invite: {problem}", "`zerok invite` on a device of the group shows it again.");
            }
        }
        finally
        {
            Array.Clear(text);
        }
    }

    // A link that was wrapped is pasted as several lines: what is not read here would go to the shell.
    private static bool AskForMore(VerbContext context, ref char[] text)
    {
        if (text.AsSpan().IsWhiteSpace() || text.Length > Invite.LinkCharsMax) return false;
        var line = context.Host.ReadSecret("That is not a whole invite. The rest of it, or Enter to give up (not shown): ");
        if (line.Length == 0) return false;
        char[] longer = [.. text, '\n', .. line];
        Array.Clear(text);
        Array.Clear(line);
        text = longer;
        return true;
    }

    private static char[] ReadText(VerbContext context, string? file)
    {
        var bytes = BoundedInput.Read(file is null or "-" ? context.Host.In() : File.OpenRead(file), InviteBytesMax, "The invite");
        try
        {
            // A mail may be in any encoding: the link in it is ASCII.
            return InputText.Decode(bytes, isStrict: false);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }
}
