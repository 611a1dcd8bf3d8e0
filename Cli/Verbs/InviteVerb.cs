using System.CommandLine;
using System.Security.Cryptography;
using System.Text;
using ZeroK.Cli.Files;
using ZeroK.Cli.Terminal;
using ZeroK.Client;

namespace ZeroK.Cli.Verbs;

/// <summary><c>zerok invite</c>: shows the group's invite as a link and a QR code.</summary>
internal static class InviteVerb
{
    public static Command Create(CliHost host)
    {
        var file = new Option<string?>("--file") { Description = "Write the link into a new file (mode 0600) instead of showing it.", HelpName = "FILE" };
        var noQr = new Option<bool>("--no-qr") { Description = "Show the link only." };
        var verb = new VerbCommand("invite", "Show the invite into this device's group, as a link and (on a terminal) as a QR code. Whoever has it is a member, unless the group has a passphrase.")
        {
            Examples =
            [
                ("zerok invite", "link and QR code"),
                ("zerok invite --file invite.txt", "into a file that only you can read"),
            ],
        };
        verb.Add(file);
        verb.Add(noQr);
        verb.Runs(host, (context, _) => Task.FromResult(Run(context, context.Parsed.GetValue(file), context.Parsed.GetValue(noQr))));
        return verb;
    }

    private static ExitCode Run(VerbContext context, string? file, bool noQr)
    {
        using var device = Device.Open(context.DataDir);
        using var invite = device.CreateInvite();
        if (file is not null)
        {
            var path = Path.GetFullPath(file);
            if (Path.Exists(path)) throw new CliException(ExitCode.Usage, $"{path} exists.", "Name another file: nothing is overwritten.");
            WriteLink(path, invite);
            context.Output.Result(Events.Invite(link: null, invite.NeedsPassphrase, path), $"Wrote the invite to {path}. Delete it when the other device has joined.");
            return ExitCode.Ok;
        }

        var link = invite.ToLink();
        var wantsQr = context.Host.OutIsTerminal && !noQr;
        var qr = wantsQr ? QrText.Draw(link, context.Output.Columns, context.Output.HasColours) : "";
        context.Output.Result(Events.Invite(link, invite.NeedsPassphrase, file: null), qr + link);
        if (qr is null) context.Output.Note($"The QR code is left out: it takes {QrText.Width(link)} columns, the terminal has {context.Output.Columns}. Widen it and run this again.");
        context.Output.Note(invite.NeedsPassphrase
            ? "Who joins with it is asked for the group's passphrase. Who has the link can also guess at it on his own machines, without asking anybody: show it to your own devices alone, unless the passphrase was generated."
            : "This link is a key: whoever has it reads and writes everything. Show it to your own devices alone.");
        return ExitCode.Ok;
    }

    // A string can't be wiped, a buffer can.
    private static void WriteLink(string path, Invite invite)
    {
        var link = new char[Invite.LinkCharsMax];
        var bytes = new byte[Invite.LinkCharsMax + 1];
        try
        {
            var length = Encoding.ASCII.GetBytes(link.AsSpan(0, invite.WriteLink(link)), bytes);
            bytes[length] = (byte)'\n';
            DurableFile.WriteNew(path, bytes.AsSpan(0, length + 1));
        }
        finally
        {
            Array.Clear(link);
            CryptographicOperations.ZeroMemory(bytes);
        }
    }
}
