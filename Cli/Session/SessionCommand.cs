using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Unicode;

namespace ZeroK.Cli.Session;

/// <summary>One line of standard input: a JSON object with "cmd".</summary>
internal sealed class SessionCommand
{
    // What each command takes, beside "cmd" and "id". A misspelt field must not be passed over: it was meant to change something.
    private static readonly Dictionary<string, string[]> Fields = new()
    {
        ["push"] = ["text", "base64", "random", "label", "count", "seed"],
        ["flush"] = [],
        ["status"] = [],
        ["vector"] = [],
        ["caughtup"] = [],
        ["devices"] = [],
        ["peek"] = ["after", "limit"],
        ["retry"] = [],
        ["ack"] = ["cursor"],
        ["quit"] = [],
    };

    private readonly JsonElement _json;

    private SessionCommand(JsonElement json, string name)
    {
        _json = json;
        Name = name;
    }

    /// <summary>What to do.</summary>
    public string Name { get; }

    /// <summary>Why it can't be done as it stands; null if it can.</summary>
    public string? Problem { get; private init; }

    /// <summary>What answers repeat; null for nothing.</summary>
    public JsonNode? Id => Find(_json, "id") is { } id && ProblemOf(id) is null ? JsonNode.Parse(id.GetRawText()) : null;

    /// <summary>Reads a line. A command whose name can be read is one, if need be with a <see cref="Problem"/>, so that its answer can carry its id.</summary>
    public static bool TryParse(ReadOnlyMemory<byte> line, [NotNullWhen(true)] out SessionCommand? command, [NotNullWhen(false)] out string? problem)
    {
        command = null;
        problem = "A command is a JSON object with \"cmd\".";
        if (!Utf8.IsValid(line.Span))
        {
            problem = "The line is not UTF-8.";
            return false;
        }

        try
        {
            using var document = JsonDocument.Parse(line);
            var json = document.RootElement.Clone();
            if (json.ValueKind != JsonValueKind.Object || Find(json, "cmd") is not { } cmd || cmd.ValueKind != JsonValueKind.String || ProblemOf(cmd) is not null) return false;
            var name = cmd.GetString()!;
            problem = null;
            command = new SessionCommand(json, name) { Problem = ProblemOf(json) ?? UnknownIn(json, name) };
            return true;
        }
        catch (JsonException e)
        {
            problem = $"The line is not JSON (byte {e.BytePositionInLine ?? 0}).";
            return false;
        }
    }

    /// <summary>Whether the field is there.</summary>
    public bool Has(string field) => Get(field) is not null;

    /// <summary>A text field; null if it is missing.</summary>
    /// <exception cref="SessionCommandException">It is something else.</exception>
    public string? Text(string field) =>
        Get(field) is not { } value ? null
        : value.ValueKind == JsonValueKind.String ? value.GetString()
        : throw new SessionCommandException($"\"{field}\" takes a text.");

    /// <summary>A whole number; null if it is missing.</summary>
    /// <exception cref="SessionCommandException">It is something else, or outside the limits.</exception>
    public long? Number(string field, long least, long most) =>
        Get(field) is not { } value ? null
        : value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) && number >= least && number <= most ? number
        : throw new SessionCommandException($"\"{field}\" takes a whole number from {least} to {most}.");

    private JsonElement? Get(string field) => Find(_json, field) is { ValueKind: not JsonValueKind.Null } value ? value : null;

    // A name beside it that is no text must not hide it.
    private static JsonElement? Find(JsonElement json, string name)
    {
        JsonElement? found = null;
        foreach (var field in json.EnumerateObject())
        {
            try
            {
                if (field.NameEquals(name)) found = field.Value;
            }
            catch (InvalidOperationException)
            {
                continue;
            }
        }

        return found;
    }

    private static string? UnknownIn(JsonElement json, string name)
    {
        if (!Fields.TryGetValue(name, out var known)) return $"There is no command \"{name}\". `zerok session --help` lists them.";
        foreach (var field in json.EnumerateObject())
        {
            if (field.Name is not ("cmd" or "id") && !known.Contains(field.Name))
                return $"{name} has no field \"{field.Name}\"{(known.Length == 0 ? "" : $": it takes {string.Join(", ", known)}")}.";
        }

        return null;
    }

    // JSON may hold what is no text (half a surrogate pair), and the same name twice: neither says for certain what is meant.
    private static string? ProblemOf(JsonElement json)
    {
        try
        {
            switch (json.ValueKind)
            {
                case JsonValueKind.String:
                    json.GetString();
                    return null;
                case JsonValueKind.Array:
                    return json.EnumerateArray().Select(ProblemOf).FirstOrDefault(p => p is not null);
                case JsonValueKind.Object:
                    var names = new HashSet<string>();
                    foreach (var field in json.EnumerateObject())
                    {
                        if (!names.Add(field.Name)) return $"\"{field.Name}\" stands twice.";
                        if (ProblemOf(field.Value) is { } problem) return problem;
                    }

                    return null;
                default:
                    return null;
            }
        }
        catch (InvalidOperationException)
        {
            return "A text holds half of a surrogate pair (\\ud800 to \\udfff), which is no character.";
        }
    }
}

/// <summary>A command can't be done as it is. The session goes on.</summary>
internal sealed class SessionCommandException(string message) : Exception(message);
