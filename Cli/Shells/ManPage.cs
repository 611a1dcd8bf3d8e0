using System.Globalization;
using System.Text;

namespace ZeroK.Cli.Shells;

/// <summary>zerok(1), written from the commands themselves (man(7) macros).</summary>
internal static class ManPage
{
    private static readonly (string Name, string Does)[] Environment =
    [
        ("ZEROK_DATA_DIR", "The device's directory, where --data-dir is not given."),
        ("ZEROK_PASSPHRASE", "The group's passphrase, for programs; a prompt or --passphrase-file is better for people."),
        ("ZEROK_TRANSPORT", "auto (the default), quic or tcp."),
        ("ZEROK_RELAY", "The relay's program, or the folder that it is in."),
        ("NO_COLOR", "Set to anything: no colours."),
    ];

    /// <summary>The whole page as roff.</summary>
    /// <param name="root">The program.</param>
    /// <param name="version">The program's version, for the foot of the page.</param>
    public static string Write(CommandNode root, string version)
    {
        var page = new StringBuilder();
        page.Append(CultureInfo.InvariantCulture, $".TH ZEROK 1 \"\" \"zerok {Text(version)}\" \"ZeroK\"\n");
        page.Append(".SH NAME\nzerok \\- ").Append(Text(Lower(root.Summary))).Append('\n');
        page.Append(".SH SYNOPSIS\n.B zerok\n.I command\n.RI [ options ]\n");
        page.Append(".SH DESCRIPTION\n");
        Paragraphs(page, root.Description);
        page.Append(".SH OPTIONS\n");
        Options(page, root.Options);
        page.Append(".SH COMMANDS\n");
        foreach (var command in root.All.Where(c => c != root && c.Words.Count == 0))
        {
            page.Append(CultureInfo.InvariantCulture, $".SS \"zerok {Text($"{command.Path} {command.Arguments}".TrimEnd())}\"\n");
            Paragraphs(page, command.Description);
            Options(page, command.Options);
            if (command.Examples.Count == 0) continue;
            page.Append(".PP\nExamples:\n");
            foreach (var (line, does) in command.Examples) page.Append(CultureInfo.InvariantCulture, $".PP\n.RS 4\n.nf\n# {Text(does)}\n{Text(line)}\n.fi\n.RE\n");
        }

        page.Append(".SH EXIT STATUS\n");
        foreach (var (code, _, meaning) in ExitCodes.Table) page.Append(CultureInfo.InvariantCulture, $".TP\n{(int)code}\n{Text(meaning)}\n");
        page.Append(".SH ENVIRONMENT\n");
        foreach (var (name, does) in Environment) page.Append(CultureInfo.InvariantCulture, $".TP\n.B {name}\n{Text(does)}\n");
        return page.ToString();
    }

    private static void Options(StringBuilder page, IReadOnlyList<OptionNode> options)
    {
        foreach (var option in options)
        {
            page.Append(".TP\n\\fB").Append(string.Join("\\fR, \\fB", option.Names.Select(Text))).Append("\\fR");
            if (option.Value is not null) page.Append(" \\fI").Append(Text(option.Value)).Append("\\fR");
            page.Append('\n').Append(Text(option.Description.ReplaceLineEndings(" "))).Append('\n');
        }
    }

    // A line that begins with a blank is an example or a table: it keeps its shape.
    private static void Paragraphs(StringBuilder page, string text)
    {
        var shaped = false;
        page.Append(".PP\n");
        foreach (var line in text.ReplaceLineEndings("\n").Split('\n'))
        {
            var isShaped = line.StartsWith(' ');
            if (isShaped != shaped) page.Append(isShaped ? ".nf\n" : ".fi\n");
            shaped = isShaped;
            page.Append(line.Length == 0 ? ".PP" : Text(line)).Append('\n');
        }

        if (shaped) page.Append(".fi\n");
    }

    private static string Lower(string text) => text.Length == 0 ? text : char.ToLowerInvariant(text[0]) + text[1..];

    /// <summary>Text as roff reads it: backslashes and hyphens as they are, and no line that begins as a request.</summary>
    internal static string Text(string text)
    {
        var escaped = text.Replace(@"\", @"\e", StringComparison.Ordinal).Replace("-", @"\-", StringComparison.Ordinal).Replace("\"", @"\(dq", StringComparison.Ordinal).Replace("…", "...", StringComparison.Ordinal);
        return escaped.StartsWith('.') || escaped.StartsWith('\'') ? @"\&" + escaped : escaped;
    }
}
