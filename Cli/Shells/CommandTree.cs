using System.CommandLine;
using System.CommandLine.Completions;
using ZeroK.Cli.Verbs;

namespace ZeroK.Cli.Shells;

/// <summary>One command as completion and the man page need it.</summary>
/// <param name="Path">Its words after <c>zerok</c>, joined by a space; empty for the program itself.</param>
/// <param name="Description">What it does, whole.</param>
/// <param name="Words">The commands below it.</param>
/// <param name="Options">Its own options; the global ones stand at the program alone.</param>
/// <param name="Arguments">Its arguments, as a usage line shows them.</param>
/// <param name="Examples">Command lines with what they do.</param>
internal sealed record CommandNode(
    string Path, string Description, IReadOnlyList<CommandNode> Words, IReadOnlyList<OptionNode> Options, string Arguments, IReadOnlyList<(string Line, string Does)> Examples)
{
    public override string ToString() => "[command]";

    /// <summary>Its last word.</summary>
    public string Name => Path[(Path.LastIndexOf(' ') + 1)..];

    /// <summary>What it does, in its first sentence.</summary>
    public string Summary => CommandTree.FirstSentence(Description);

    /// <summary>This command and all below it, parents first.</summary>
    public IEnumerable<CommandNode> All => Words.SelectMany(w => w.All).Prepend(this);
}

/// <summary>One option.</summary>
/// <param name="Names">As typed, the long one first.</param>
/// <param name="Description">What it does.</param>
/// <param name="Value">What it takes; null for a switch.</param>
/// <param name="Values">All values that it takes; empty where they can't be listed.</param>
internal sealed record OptionNode(IReadOnlyList<string> Names, string Description, string? Value, IReadOnlyList<string> Values)
{
    public override string ToString() => "[option]";

    /// <summary>What it does, in its first sentence.</summary>
    public string Summary => CommandTree.FirstSentence(Description);
}

/// <summary>Reads the commands off the command line itself: what <c>--help</c> shows is what shells complete.</summary>
internal static class CommandTree
{
    /// <summary>The program with its global options, and all commands below it.</summary>
    public static CommandNode Of(RootCommand root) => Read(root, path: "");

    internal static string FirstSentence(string text)
    {
        var line = text.Split('\n', 2)[0];
        var end = line.IndexOf(". ", StringComparison.Ordinal);
        return (end < 0 ? line : line[..end]).TrimEnd('.');
    }

    private static CommandNode Read(Command command, string path) => new(
        path,
        command.Description ?? "",
        [.. command.Subcommands.Where(c => !c.Hidden).Select(c => Read(c, path.Length == 0 ? c.Name : $"{path} {c.Name}"))],
        [.. command.Options.Where(o => !o.Hidden).Select(Read)],
        string.Join(' ', command.Arguments.Where(a => !a.Hidden).Select(Read)),
        (command as VerbCommand)?.Examples ?? []);

    private static OptionNode Read(Option option)
    {
        var takesValue = option.Arity.MaximumNumberOfValues > 0 && option.ValueType != typeof(bool);
        return new(
            [option.Name, .. option.Aliases.Where(a => a != option.Name && !a.StartsWith('/')).Order(StringComparer.Ordinal)],
            option.Description ?? "",
            takesValue ? option.HelpName ?? option.Name.TrimStart('-').ToUpperInvariant() : null,
            takesValue ? [.. option.GetCompletions(CompletionContext.Empty).Select(c => c.Label)] : []);
    }

    private static string Read(Argument argument)
    {
        var name = argument.HelpName ?? argument.Name;
        var many = argument.Arity.MaximumNumberOfValues > 1 ? "..." : "";
        return argument.Arity.MinimumNumberOfValues == 0 ? $"[{name}]{many}" : $"<{name}>{many}";
    }
}
