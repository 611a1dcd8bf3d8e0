using System.Text.RegularExpressions;

namespace ZeroK.Chaos.Faults;

/// <summary>Which containers a fault is for: names, or a pattern, and labels on top. One that selects everything on the machine is refused.</summary>
public sealed partial record ContainerTarget
{
    /// <summary>Pumba's mark of a pattern.</summary>
    public const string PatternPrefix = "re2:";

    private ContainerTarget() { }

    /// <summary>Containers of these names.</summary>
    public IReadOnlyList<string> Names { get; private init; } = [];

    /// <summary>Containers whose name matches; null: not asked.</summary>
    public string? Pattern { get; private init; }

    /// <summary>Containers that have all of these labels; an empty value is a label by its name alone.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; private init; } = new Dictionary<string, string>();

    /// <summary>One of them, by chance.</summary>
    public bool Random { get; init; }

    /// <summary>At most so many. 0: all.</summary>
    public int Limit { get; init; }

    /// <summary>Containers by name.</summary>
    /// <exception cref="ArgumentException">None is given, or one is no container's name.</exception>
    public static ContainerTarget Named(params string[] names)
    {
        ArgumentNullException.ThrowIfNull(names);
        if (names.Length == 0) throw new ArgumentException("Name at least one container.", nameof(names));
        foreach (var name in names.Where(n => !NameRule().IsMatch(n))) throw new ArgumentException($"'{name}' is no container's name.", nameof(names));
        return new ContainerTarget { Names = names };
    }

    /// <summary>Containers whose name matches a regular expression; keep to what RE2 knows too (no look-around, no back-references).</summary>
    /// <exception cref="ArgumentException">It is no such expression.</exception>
    public static ContainerTarget Matching(string pattern)
    {
        ArgumentException.ThrowIfNullOrEmpty(pattern);
        try
        {
            // The engine without back-tracking knows what RE2 knows, and refuses the rest.
            _ = new Regex(pattern, RegexOptions.NonBacktracking);
        }
        catch (NotSupportedException e)
        {
            throw new ArgumentException($"'{pattern}' uses what RE2 does not have.", nameof(pattern), e);
        }

        return new ContainerTarget { Pattern = pattern };
    }

    /// <summary>Containers by label.</summary>
    public static ContainerTarget Labelled(string label, string value = "") => new ContainerTarget().WithLabel(label, value);

    /// <summary>Of these, only those that have this label too.</summary>
    /// <exception cref="ArgumentException">A comma would be read as two labels.</exception>
    public ContainerTarget WithLabel(string label, string value = "")
    {
        ArgumentException.ThrowIfNullOrEmpty(label);
        if ($"{label}{value}".Contains(',', StringComparison.Ordinal)) throw new ArgumentException("A label to select by has no comma.", nameof(label));
        return this with { Labels = new Dictionary<string, string>(Labels) { [label] = value } };
    }

    /// <summary>Whether a container is meant.</summary>
    public bool Selects(string name, IReadOnlyDictionary<string, string> labels)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(labels);
        var bare = name.TrimStart('/');
        return (Names.Count == 0 || Names.Contains(bare))
            && (Pattern is null || Regex.IsMatch(bare, Pattern, RegexOptions.NonBacktracking))
            && Labels.All(l => labels.TryGetValue(l.Key, out var value) && (l.Value.Length == 0 || l.Value == value));
    }

    /// <summary>Names, pattern and labels, for a message.</summary>
    public override string ToString() =>
        string.Join(' ', [.. Names, .. Pattern is null ? Array.Empty<string>() : [PatternPrefix + Pattern], .. Labels.Select(l => l.Value.Length == 0 ? l.Key : $"{l.Key}={l.Value}")]);

    [GeneratedRegex("^[a-zA-Z0-9][a-zA-Z0-9_.-]*$", RegexOptions.CultureInvariant)]
    private static partial Regex NameRule();
}
