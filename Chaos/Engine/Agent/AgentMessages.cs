using System.Text.Json;
using System.Text.Json.Serialization;

namespace ZeroK.Chaos.Agent;

/// <summary>What a run asks of a client agent: one JSON line.</summary>
/// <param name="Op">push, pushmany, peek, disconnect, connect, setback, readagain, status, or stop.</param>
/// <param name="Id">Returned with the answer.</param>
/// <param name="Label">With push: the blob's label.</param>
/// <param name="Payload">With push: the blob.</param>
public sealed record AgentCommand(string Op, long Id = 0, string? Label = null, byte[]? Payload = null)
{
    /// <summary>With pushmany and setback: how many blobs. With peek: at most so many.</summary>
    public int Count { get; init; }

    /// <summary>With pushmany: bytes of a blob at most.</summary>
    public int Bytes { get; init; }

    /// <summary>With setback: the sender's id, hex.</summary>
    public string? Device { get; init; }

    /// <summary>With peek: the cursor to start after.</summary>
    public ulong After { get; init; }
}

/// <summary>A blob that an agent looked at.</summary>
public sealed record AgentBlob(string Device, ulong Sequence, ulong Cursor, string Digest);

/// <summary>What an agent tells: one JSON line.</summary>
/// <param name="Kind">ready, pushed, pushedmany, durable, refused, got, acked, peeked, disconnected, connecting, setback, readagain, status, event, or failed.</param>
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

    /// <summary>A blob's sequence; the first of what a gap is about.</summary>
    public ulong Sequence { get; init; }

    /// <summary>A cursor; the last of what a gap is about.</summary>
    public ulong Cursor { get; init; }

    /// <summary>With peeked: the relay's head.</summary>
    public ulong Head { get; init; }

    /// <summary>With peeked: the first cursor that the relay still kept.</summary>
    public ulong Start { get; init; }

    /// <summary>With peeked.</summary>
    public IReadOnlyList<AgentBlob>? Blobs { get; init; }

    /// <summary>A blob's digest.</summary>
    public string? Digest { get; init; }

    /// <summary>With status.</summary>
    public AgentStatus? Status { get; init; }

    /// <summary>What happened, or what failed.</summary>
    public string? Text { get; init; }
}

/// <summary>A client's status, as far as judges need it.</summary>
public sealed record AgentStatus(string State, ulong Head, ulong Received, long Pending, ulong Durable, ulong Last, string Vector, string Transport, string? LastError, long Undecryptable)
{
    /// <summary>Whether a session with any relay is open.</summary>
    public bool Online { get; init; }

    /// <summary>What is wrong until someone acts.</summary>
    public IReadOnlyList<string> Problems { get; init; } = [];
}

/// <summary>The lines' JSON.</summary>
internal static class AgentJson
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault };

    public static string Write<T>(T message) => JsonSerializer.Serialize(message, Options);

    public static T? Read<T>(string line) => JsonSerializer.Deserialize<T>(line, Options);
}
