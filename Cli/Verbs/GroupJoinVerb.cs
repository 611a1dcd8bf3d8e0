using System.CommandLine;
using System.Security.Cryptography;
using System.Text;
using ZeroK.Cli.Terminal;
using ZeroK.Client;

namespace ZeroK.Cli.Verbs;

/// <summary><c>zerok group join</c>: joins the group of an invite.</summary>
internal static class GroupJoinVerb
{
    // A link and some blanks or line ends around it.
    private const int InviteBytesMax = Invite.LinkCharsMax + 1024;

    public static Command Create(CliHost host)
    {
        var link = new Argument<string?>("invite")
        {
            Description = "The link zerok://join/…; - or nothing reads it from standard input, or asks without echo.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var file = new Option<string?>("--invite-file") { Description = "Read the link from a file.", HelpName = "FILE" };
        var secret = new SecretInput();
        var verb = new VerbCommand("join", "Join the group of an invite. An invite is a key: on the command line others can see it, so better paste it or pipe it.")
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
        if (device.Group is not null) throw new DeviceException(DeviceProblem.GroupExists, "This device has a group already.");
        var isOnCommandLine = file is null && link is not null and not "-";
        if (!Invite.TryParse(isOnCommandLine ? link : ReadLink(context, file), out var invite, out var problem))
            throw new CliException(ExitCode.Usage, $"The invite: {problem}", "`zerok invite` on a device of the group shows it again.");
        using (invite)
        {
            if (isOnCommandLine && !invite.NeedsPassphrase)
                context.Output.Warn("invite-on-command-line", "This invite is a key, and on the command line other users of this machine can see it and the shell's history keeps it. Better: `zerok group join` without it, or --invite-file.");
            var group = Join(context, device, invite, secret);
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

    private static string ReadLink(VerbContext context, string? file)
    {
        if (file is null && context.Host.InIsTerminal && context.Parsed.GetResult("invite") is null or { Tokens.Count: 0 })
        {
            var typed = context.Host.ReadSecret("Invite (not shown): ");
            try
            {
                return new string(typed);
            }
            finally
            {
                Array.Clear(typed);
            }
        }

        var bytes = BoundedInput.Read(file is null or "-" ? context.Host.In() : File.OpenRead(file), InviteBytesMax, "The invite");
        try
        {
            // `zerok invite --json` may be piped here as well: the link is the only part that matters.
            var text = Encoding.UTF8.GetString(bytes);
            var start = text.IndexOf(Invite.LinkPrefix, StringComparison.OrdinalIgnoreCase);
            return start < 0 ? text : text[start..].Split(['"', '\'', '\r', '\n', ' ', '\t'], 2)[0];
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }
}
