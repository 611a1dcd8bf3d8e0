using System.Text.Json;
using System.Text.Json.Serialization;

namespace ZeroK.Chaos.Agent;

/// <summary>What a run asks of a client agent: one JSON line.</summary>
/// <param name="Op">push, status, or stop.</param>
/// <param name="Id">Returned with the answer.</param>
/// <param name="Label">With push: the blob's label.</param>
/// <param name="Payload">With push: the blob.</param>
public sealed record AgentCommand(string Op, long Id = 0, string? Label = null, byte[]? Payload = null);

/// <summary>What an agent tells: one JSON line.</summary>
/// <param name="Kind">ready, pushed, durable, refused, got, acked, status, event, or failed.</param>
public sealed record AgentEvent(string Kind)
{
    /// <summary>The command's id.</summary>
    public long Id { get; init; }

    /// <summary>The device's id, hex (ready), or the sender's (got, acked).</summary>
    public string? Device { get; init; }

    /// <summary>The group's id, hex (ready).</summary>
    public string? Group { get; init; }

    /// <summary>The group's invite (ready, of the device that made the group).</summary>
    public string? Invite { get; init; }

    /// <summary>A blob's sequence.</summary>
    public ulong Sequence { get; init; }

    /// <summary>A cursor.</summary>
    public ulong Cursor { get; init; }

    /// <summary>A blob's digest.</summary>
    public string? Digest { get; init; }

    /// <summary>With status.</summary>
    public AgentStatus? Status { get; init; }

    /// <summary>What happened, or what failed.</summary>
    public string? Text { get; init; }
}

/// <summary>A client's status, as far as judges need it.</summary>
public sealed record AgentStatus(string State, ulong Head, ulong Received, long Pending, ulong Durable, ulong Last, string Vector, string Transport, string? LastError, long Undecryptable);

/// <summary>The lines' JSON.</summary>
internal static class AgentJson
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault };

    public static string Write<T>(T message) => JsonSerializer.Serialize(message, Options);

    public static T? Read<T>(string line) => JsonSerializer.Deserialize<T>(line, Options);
}
