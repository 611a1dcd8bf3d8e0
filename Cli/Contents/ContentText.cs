using System.Text.Json.Nodes;
using ZeroK.Cli.Terminal;
using ZeroK.Client;

namespace ZeroK.Cli.Contents;

/// <summary>A content for people and for programs.</summary>
internal static class ContentText
{
    /// <summary>The first digits of its id.</summary>
    public static string Short(ContentReference reference) => reference.Id.Reveal()[..8];

    /// <summary>One line.</summary>
    public static string Line(ContentReference reference) =>
        $"{Short(reference)}  {Display.Safe(reference.Name ?? "(no name)")}  {(reference.Kind == ContentKind.Collection ? "collection" : Display.Size(reference.Length))}{(reference.Preview is null ? "" : "  with preview")}";

    /// <summary>Its fields.</summary>
    public static JsonObject Json(ContentReference reference)
    {
        var json = new JsonObject
        {
            ["id"] = reference.Id.Reveal(),
            ["kind"] = reference.Kind == ContentKind.Collection ? "collection" : "object",
            ["name"] = reference.Name,
            ["mediaType"] = reference.MediaType,
            ["size"] = reference.Length,
            ["sealedSize"] = reference.SealedLength,
            ["hash"] = reference.Hash.ToHex(),
        };
        if (reference.Preview is not null) json["preview"] = Json(reference.Preview);
        return json;
    }

    /// <summary>An event about a content.</summary>
    public static JsonObject Event(string name, ContentReference reference)
    {
        var json = Json(reference);
        json.Insert(0, "event", name);
        return json;
    }
}
