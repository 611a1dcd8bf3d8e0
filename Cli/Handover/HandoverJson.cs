using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using ZeroK.Client;
using ZeroK.Wire;

namespace ZeroK.Cli.Handover;

/// <summary>What two processes of one user tell each other of a session, as JSON. Both are of one version, which "hello" checks.</summary>
internal static class HandoverJson
{
    /// <summary>Changes with every change of what is said.</summary>
    public const int Version = 1;

    private static readonly Dictionary<string, Type> EventKinds = typeof(SyncEvent).Assembly.GetTypes().Where(t => t.IsSubclassOf(typeof(SyncEvent))).ToDictionary(t => t.Name);

    private static readonly JsonSerializerOptions Options = new()
    {
        Converters =
        {
            new Written<DeviceId>(static v => v.Reveal(), static t => DeviceId.Parse(t)),
            new Written<GroupId>(static v => v.Reveal(), static t => new GroupId(Convert.FromHexString(t))),
            new Written<BlobId>(static v => v.Reveal(), static t => new BlobId(Convert.FromHexString(t))),
            new Written<ContentId>(static v => v.Reveal(), static t => new ContentId(Convert.FromHexString(t))),
            new Written<Cursor>(static v => v.ToString(), static t => new Cursor(ulong.Parse(t, CultureInfo.InvariantCulture))),
            new Written<RelayAddress>(static v => v.ToString(), RelayAddress.Parse),
            new Written<VersionVector>(static v => Convert.ToHexString(v.ToArray()), VectorOf),
            new Written<ContentReference>(static v => Convert.ToBase64String(v.ToBytes()), ReferenceOf),
        },
    };

    /// <summary>Writes a value.</summary>
    public static JsonNode? Of<T>(T value) => JsonSerializer.SerializeToNode(value, Options);

    /// <summary>Reads one.</summary>
    /// <exception cref="IOException">It is something else.</exception>
    public static T To<T>(JsonNode? node)
    {
        try
        {
            return node.Deserialize<T>(Options) ?? throw new IOException("The other process left something out.");
        }
        catch (Exception e) when (e is JsonException or FormatException or ArgumentException or InvalidOperationException or NotSupportedException)
        {
            throw new IOException("The other process said something that this one doesn't know.", e);
        }
    }

    /// <summary>Writes an event with its kind.</summary>
    public static JsonObject OfEvent(SyncEvent happened) => new() { ["kind"] = happened.GetType().Name, ["fields"] = JsonSerializer.SerializeToNode(happened, happened.GetType(), Options) };

    /// <summary>Reads one.</summary>
    public static SyncEvent? ToEvent(JsonNode? node) =>
        (string?)node?["kind"] is { } kind && EventKinds.TryGetValue(kind, out var type) ? (SyncEvent?)node["fields"].Deserialize(type, Options) : null;

    /// <summary>Writes why something can't be done.</summary>
    public static JsonObject OfError(Exception e) => e switch
    {
        SyncException sync => Error("sync", e.Message, (int)sync.Code),
        DeviceException device => Error("device", e.Message, (int)device.Problem),
        ContentTransferException transfer => Error("transfer", e.Message, (int)transfer.Code, transfer.Transfer?.Reveal()),
        OperationCanceledException => Error("ended", e.Message, 0),
        ArgumentException => Error("argument", e.Message, 0),
        InvalidOperationException => Error("reading", e.Message, 0),
        _ => Error("other", e.Message, 0),
    };

    /// <summary>Reads it.</summary>
    public static Exception ToError(JsonNode node, int process)
    {
        var (message, code) = ((string?)node["message"] ?? "", (int?)node["code"] ?? 0);
        return (string?)node["type"] switch
        {
            "sync" => new SyncException((ErrorCode)code, message),
            "device" => new DeviceException((DeviceProblem)code, message),
            "transfer" => new ContentTransferException((ErrorCode)code, message) { Transfer = (string?)node["transfer"] is { } id ? new ContentId(Convert.FromHexString(id)) : null },
            "ended" => Ended(process),
            "argument" => new ArgumentException(message),
            "reading" => new CliException(ExitCode.Error, $"The zerok that runs this device (process {process}) takes what arrives itself.", "Read it there, or end that one. `zerok pull --after N` reads again what the relay still keeps."),
            _ => new IOException(message),
        };
    }

    /// <summary>The other process is gone, or goes.</summary>
    public static CliException Ended(int process) => new(
        ExitCode.Error,
        $"The zerok that runs this device (process {process}) ended before it had answered.",
        "What it had answered is kept: `zerok outbox` lists what still waits to be sent. Run the command again for the rest.");

    private static JsonObject Error(string type, string message, int code, string? transfer = null) => new() { ["type"] = type, ["message"] = message, ["code"] = code, ["transfer"] = transfer };

    private static VersionVector VectorOf(string hex)
    {
        const int Entry = DeviceId.Size + sizeof(ulong);
        var bytes = Convert.FromHexString(hex);
        return new VersionVector(Enumerable.Range(0, bytes.Length / Entry).Select(i => KeyValuePair.Create(
            new DeviceId(bytes.AsSpan(i * Entry, DeviceId.Size)),
            System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(bytes.AsSpan(i * Entry + DeviceId.Size, sizeof(ulong))))));
    }

    private static ContentReference ReferenceOf(string base64) =>
        ContentReference.TryRead(Convert.FromBase64String(base64), out var reference) ? reference : throw new FormatException("This is no content reference.");

    private sealed class Written<T>(Func<T, string> write, Func<string, T> read) : JsonConverter<T>
    {
        public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => read(reader.GetString() ?? "");

        public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) => writer.WriteStringValue(write(value));
    }
}
