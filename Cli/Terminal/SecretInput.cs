using System.CommandLine;
using System.Security.Cryptography;
using System.Text;

namespace ZeroK.Cli.Terminal;

/// <summary>Where a passphrase comes from: a file, the environment, the command line (with a warning), or a prompt without echo; in this order.</summary>
internal sealed class SecretInput
{
    private const int FileBytesMax = 64 * 1024;

    private readonly Option<string?> _value = new("--passphrase")
    {
        Description = "Use a passphrase. Without a value: asked for without echo, or taken from ZEROK_PASSPHRASE. A value on the command line can be seen by others and stays in the shell's history.",
        HelpName = "PASSPHRASE",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<string?> _file = new("--passphrase-file")
    {
        Description = "Read the passphrase from a file (one line); - reads standard input.",
        HelpName = "FILE",
    };

    /// <summary>Adds the options.</summary>
    public void AddTo(Command command)
    {
        command.Add(_value);
        command.Add(_file);
    }

    /// <summary>Whether a passphrase was asked for on the command line.</summary>
    public bool IsWanted(ParseResult parsed) => parsed.GetResult(_value) is not null || parsed.GetResult(_file) is not null;

    /// <summary>The passphrase. The caller wipes it.</summary>
    /// <param name="host">The streams.</param>
    /// <param name="parsed">The command line.</param>
    /// <param name="output">Where warnings go.</param>
    /// <param name="confirm">Ask twice, for a new passphrase.</param>
    public char[] Read(CliHost host, ParseResult parsed, Output output, bool confirm)
    {
        if (parsed.GetValue(_file) is { Length: > 0 } file) return ReadFile(host, output, file);
        if (parsed.GetValue(_value) is { Length: > 0 } value)
        {
            if (value.StartsWith(Client.Invite.LinkPrefix, StringComparison.OrdinalIgnoreCase))
                throw new CliException(ExitCode.Usage, "--passphrase was followed by the invite.", "Put the invite first, or give it by --invite-file.");
            output.Warn("passphrase-on-command-line", "A passphrase on the command line can be seen by other users of this machine and stays in the shell's history. Leave the value out to be asked, or use ZEROK_PASSPHRASE or --passphrase-file.");
            return InputText.OnlyLine(value, "The passphrase");
        }

        if (host.Environment("ZEROK_PASSPHRASE") is { Length: > 0 } set) return InputText.OnlyLine(set, "ZEROK_PASSPHRASE");
        return Ask(host, confirm);
    }

    private static char[] Ask(CliHost host, bool confirm)
    {
        if (!host.InIsTerminal)
            throw new CliException(ExitCode.Usage, "A passphrase is needed and there is no terminal to ask on.", "Set ZEROK_PASSPHRASE or use --passphrase-file FILE.");
        var first = host.ReadSecret("Passphrase of the group: ");
        if (!confirm) return first;
        var second = host.ReadSecret("The same again: ");
        var same = first.AsSpan().SequenceEqual(second);
        Array.Clear(second);
        if (same) return first;
        Array.Clear(first);
        throw new CliException(ExitCode.Usage, "The two passphrases differ.", "Try again.");
    }

    private static char[] ReadFile(CliHost host, Output output, string file)
    {
        if (file != "-" && !OperatingSystem.IsWindows() && File.Exists(file) && (File.GetUnixFileMode(file) & (UnixFileMode.GroupRead | UnixFileMode.OtherRead)) != 0)
            output.Warn("passphrase-file-readable", $"Others can read {file}. `chmod 600 {file}` keeps it to you.");
        var bytes = BoundedInput.Read(file == "-" ? host.In() : File.OpenRead(file), FileBytesMax, "The passphrase file");
        try
        {
            var chars = InputText.Decode(bytes, isStrict: true);
            try
            {
                return InputText.OnlyLine(chars, "The passphrase file");
            }
            finally
            {
                Array.Clear(chars);
            }
        }
        catch (DecoderFallbackException)
        {
            throw new CliException(ExitCode.Usage, "The passphrase file is not UTF-8 text.", "Save it as UTF-8.");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }
}
