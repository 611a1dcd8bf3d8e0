using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ZeroK.Cli.Session;

/// <summary>One line of standard input: a JSON object with "cmd".</summary>
internal sealed class SessionCommand
{
    private readonly JsonObject _json;

    private SessionCommand(JsonObject json, string name)
    {
        _json = json;
        Name = name;
    }

    /// <summary>What to do.</summary>
    public string Name { get; }

    /// <summary>What answers repeat; null for nothing.</summary>
    public JsonNode? Id => _json["id"]?.DeepClone();

    /// <summary>Reads a line.</summary>
    public static bool TryParse(string line, [NotNullWhen(true)] out SessionCommand? command, [NotNullWhen(false)] out string? problem)
    {
        command = null;
        try
        {
            if (JsonNode.Parse(line) is JsonObject json && json["cmd"] is JsonValue value && value.TryGetValue<string>(out var name))
            {
                problem = null;
                command = new SessionCommand(json, name);
                return true;
            }

            problem = "A command is a JSON object with \"cmd\".";
        }
        catch (Exception e) when (e is JsonException or ArgumentException)
        {
            problem = "The line is not JSON.";
        }

        return false;
    }

    /// <summary>A text field; null if it is missing.</summary>
    /// <exception cref="SessionCommandException">It is something else.</exception>
    public string? Text(string field) =>
        _json[field] is not { } node ? null
        : node is JsonValue value && value.TryGetValue<string>(out var text) ? text
        : throw new SessionCommandException($"\"{field}\" takes a text.");

    /// <summary>A whole number; null if it is missing.</summary>
    /// <exception cref="SessionCommandException">It is something else, or outside the limits.</exception>
    public long? Number(string field, long least, long most) =>
        _json[field] is not { } node ? null
        : node is JsonValue value && value.TryGetValue<long>(out var number) && number >= least && number <= most ? number
        : throw new SessionCommandException($"\"{field}\" takes a whole number from {least} to {most}.");
}

/// <summary>A command can't be done as it is. The session goes on.</summary>
internal sealed class SessionCommandException(string message) : Exception(message);
