using System.Text.RegularExpressions;

namespace ZeroK.Chaos.Faults;

/// <summary>Variables in a compose file: $NAME, ${NAME}, ${NAME:-default}, ${NAME-default}, ${NAME:?why}, ${NAME?why}, and $$ for a dollar.</summary>
internal static partial class ComposeVariables
{
    public static string Replace(string text, IReadOnlyDictionary<string, string> variables, string path) => Rule().Replace(text, match =>
    {
        if (match.Value == "$$") return "$";
        var name = match.Groups["bare"].Success ? match.Groups["bare"].Value : match.Groups["name"].Value;
        if (name.Length == 0) throw new ComposeException($"{path}: '{text}' has a lone $; write $$ for a dollar");
        var (op, rest) = (match.Groups["op"].Value, match.Groups["rest"].Value);
        // With a colon an empty value counts as unset.
        var value = variables.TryGetValue(name, out var given) && (given.Length > 0 || !op.StartsWith(':')) ? given : null;
        if (value is null && op.EndsWith('?')) throw new ComposeException($"{path}: the variable {name} is needed: {rest}");
        return value ?? (op.EndsWith('-') ? rest : "");
    });

    [GeneratedRegex(@"\$\$|\$\{(?<name>[A-Za-z_][A-Za-z0-9_]*)(?:(?<op>:?[-?])(?<rest>[^}]*))?\}|\$(?<bare>[A-Za-z_][A-Za-z0-9_]*)|\$", RegexOptions.CultureInvariant)]
    private static partial Regex Rule();
}
