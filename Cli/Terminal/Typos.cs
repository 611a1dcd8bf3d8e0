using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.RegularExpressions;
using ZeroK.Cli.Verbs;

namespace ZeroK.Cli.Terminal;

/// <summary>Finds what a mistyped verb or option was meant to be, and options that would pass for values.</summary>
internal static partial class Typos
{
    // One slip in a short word, two in a longer one.
    private const int ShortWord = 4;

    /// <summary>"Did you mean …? " for what was not understood; empty if nothing is near.</summary>
    public static string Hint(ParseResult parsed)
    {
        var command = parsed.CommandResult.Command;
        var near = parsed.UnmatchedTokens.Concat(OptionLike(parsed).Select(t => t.Value))
            .Select(t => Nearest(t.Split('=', 2)[0], t.StartsWith('-') ? Options(parsed.CommandResult) : command.Subcommands.Select(c => c.Name)))
            .OfType<string>()
            .Distinct()
            .Select(n => $"`{n}`")
            .ToList();
        return near.Count == 0 ? "" : $"Did you mean {string.Join(" and ", near)}? ";
    }

    /// <summary>What is wrong with an option that stands where a value is taken: unknown, or misspelt, it would silently be that value. Null if there is none.</summary>
    public static string? Swallowed(ParseResult parsed, string[] args)
    {
        var end = Array.IndexOf(args, "--");
        var before = end < 0 ? args : args[..end];
        foreach (var (value, option) in OptionLike(parsed))
        {
            // --option=--value says for certain what is meant.
            if (!before.Contains(value)) continue;
            var isSecret = option?.Name.StartsWith("--passphrase", StringComparison.Ordinal) == true && Nearest(value, Options(parsed.CommandResult)) is null;
            return (isSecret, option) switch
            {
                (true, _) => $"What follows {option!.Name} begins with a dash. If it is the value, write {option.Name}=VALUE.",
                (_, null) when value == "--version" => "--version is not an option of a command: `zerok --version` says it.",
                (_, null) => $"There is no option {CliApp.HideInvites(value)}. If it is a text, write it after --.",
                _ => $"{option.Name} is followed by {CliApp.HideInvites(value)}, which is no option. If it is the value, write {option.Name}={CliApp.HideInvites(value)}.",
            };
        }

        return null;
    }

    /// <summary>The nearest of the words; null if none is near.</summary>
    internal static string? Nearest(string word, IEnumerable<string> words)
    {
        var most = word.TrimStart('-').Length <= ShortWord ? 1 : 2;
        return words.Select(w => (Word: w, Slips: Slips(word, w)))
            .Where(w => w.Slips <= most || (word.TrimStart('-').Length >= 3 && w.Word.StartsWith(word, StringComparison.Ordinal)))
            .OrderBy(w => w.Slips)
            .Select(w => w.Word)
            .FirstOrDefault();
    }

    // Letters left out, added, changed, or two changed about.
    private static int Slips(string a, string b)
    {
        var d = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++) d[i, 0] = i;
        for (var j = 0; j <= b.Length; j++) d[0, j] = j;
        for (var i = 1; i <= a.Length; i++)
        {
            for (var j = 1; j <= b.Length; j++)
            {
                d[i, j] = Math.Min(Math.Min(d[i - 1, j], d[i, j - 1]) + 1, d[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1));
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) d[i, j] = Math.Min(d[i, j], d[i - 2, j - 2] + 1);
            }
        }

        return d[a.Length, b.Length];
    }

    private static IEnumerable<string> Options(CommandResult command) =>
        command.Command.Options.Concat(GlobalOptions.All).Select(o => o.Name).Append("--help").Concat(command.Command is RootCommand ? ["--version"] : []);

    private static IEnumerable<(string Value, Option? Option)> OptionLike(ParseResult parsed)
    {
        foreach (var child in parsed.CommandResult.Children)
        {
            var option = (child as OptionResult)?.Option;
            foreach (var token in child.Tokens)
                if (child is OptionResult or ArgumentResult && OptionShape().IsMatch(token.Value)) yield return (token.Value, option);
        }
    }

    [GeneratedRegex("^--?[A-Za-z][A-Za-z0-9-]*(=.*)?$", RegexOptions.Singleline)]
    private static partial Regex OptionShape();
}
