using System.Text.Json.Nodes;
using ZeroK.Cli.Sync;
using ZeroK.Client;
using ZeroK.Wire;

namespace ZeroK.Cli.Terminal;

/// <summary>The objects that <c>--json</c> writes, one method a kind; documented in docs/CLI.md.</summary>
internal static class Events
{
    public static JsonObject Initialized(DeviceId device, string name, string dataDir) =>
        new() { ["event"] = "initialized", ["device"] = device.Reveal(), ["name"] = name, ["dataDir"] = dataDir };

    public static JsonObject Group(string name, DeviceId device, GroupInfo group) => new()
    {
        ["event"] = name,
        ["device"] = device.Reveal(),
        ["group"] = group.Id.Reveal(),
        ["passphrase"] = group.HasPassphrase,
        ["keyEpoch"] = group.KeyEpoch,
        ["relays"] = Relays(group),
    };

    public static JsonObject Invite(string? link, bool needsPassphrase, string? file) =>
        new() { ["event"] = "invite", ["link"] = link, ["needsPassphrase"] = needsPassphrase, ["file"] = file };

    public static JsonObject Pushed(Pushed pushed, string? label, int size, string sha256) => new()
    {
        ["event"] = "pushed",
        ["sequence"] = pushed.Sequence,
        ["blob"] = pushed.BlobId.Reveal(),
        ["label"] = label,
        ["size"] = size,
        ["sha256"] = sha256,
    };

    public static JsonObject Queued(QueuedBlob blob) => new()
    {
        ["event"] = "queued",
        ["sequence"] = blob.Sequence,
        ["blob"] = blob.BlobId.Reveal(),
        ["label"] = blob.Label,
        ["size"] = blob.Payload.Length,
        ["pushedAt"] = blob.PushedAt,
    };

    public static JsonObject Durable(ulong sequence, Cursor cursor) => new() { ["event"] = "durable", ["sequence"] = sequence, ["cursor"] = cursor.Value };

    public static JsonObject Received(DeviceId sender, ulong sequence, Cursor cursor, DateTimeOffset sentAt, string? label, int size, string sha256) => new()
    {
        ["event"] = "received",
        ["cursor"] = cursor.Value,
        ["sender"] = sender.Reveal(),
        ["sequence"] = sequence,
        ["label"] = label,
        ["size"] = size,
        ["sha256"] = sha256,
        ["sentAt"] = sentAt,
    };

    public static JsonObject Device(GroupDevice device) => new()
    {
        ["event"] = "device",
        ["device"] = device.Id.Reveal(),
        ["name"] = device.Name,
        ["isThisDevice"] = device.IsThisDevice,
        ["online"] = device.Online,
        ["revoked"] = device.Revoked,
        ["acked"] = device.Acked.Value,
        ["lastSequence"] = device.LastSequence,
        ["firstSeen"] = device.FirstSeen,
        ["lastSeen"] = device.LastSeen,
    };

    public static JsonObject Status(SyncStatus status)
    {
        var vector = Vector(status.Vector);
        return new JsonObject
        {
            ["event"] = "status",
            ["state"] = SyncEventText.Kebab(status.State.ToString()),
            ["since"] = status.Since,
            ["relay"] = status.Relay?.ToString(),
            ["transport"] = SyncEventText.Transport(status.Transport),
            ["whyNotQuic"] = status.WhyNotQuic,
            ["pendingBlobs"] = status.PendingBlobs,
            ["pendingBytes"] = status.PendingBytes,
            ["durableSequence"] = status.DurableSequence,
            ["lastSequence"] = status.LastSequence,
            ["head"] = status.Head.Value,
            ["received"] = status.Received.Value,
            ["acked"] = status.Acked.Value,
            ["undecryptable"] = status.Undecryptable,
            ["needsState"] = status.NeedsState,
            ["lastError"] = status.LastError,
            ["lastErrorCode"] = status.LastErrorCode == ErrorCode.None ? null : ErrorName.Of(status.LastErrorCode),
            ["nextTryAt"] = status.NextTryAt,
            ["online"] = status.IsOnline,
            ["perRelay"] = new JsonArray([.. status.Relays.Select(PerRelay)]),
            ["openProblems"] = new JsonArray([.. status.OpenProblems.Select(p => JsonValue.Create(p))]),
            ["vector"] = vector.Hex,
            ["vectorEntries"] = vector.Entries,
        };
    }

    private static JsonObject PerRelay(RelayStatus relay) => new()
    {
        ["relay"] = relay.Address.ToString(),
        ["primary"] = relay.IsPrimary,
        ["state"] = SyncEventText.Kebab(relay.State.ToString()),
        ["since"] = relay.Since,
        ["connectedAt"] = relay.ConnectedAt,
        ["connectedTo"] = relay.ConnectedTo?.ToString(),
        ["transport"] = SyncEventText.Transport(relay.Transport),
        ["whyNotQuic"] = relay.WhyNotQuic,
        ["deliveredSequence"] = relay.DeliveredSequence,
        ["pendingBlobs"] = relay.PendingBlobs,
        ["pendingBytes"] = relay.PendingBytes,
        ["head"] = relay.Head.Value,
        ["received"] = relay.Received.Value,
        ["acked"] = relay.Acked.Value,
        ["lastError"] = relay.LastError,
        ["lastErrorCode"] = relay.LastErrorCode == ErrorCode.None ? null : ErrorName.Of(relay.LastErrorCode),
        ["nextTryAt"] = relay.NextTryAt,
        ["problem"] = relay.Problem,
    };

    /// <summary>A version vector: its canonical bytes in hexadecimal (equal strings, equal vectors), and its entries by device.</summary>
    public static (string Hex, JsonObject Entries) Vector(VersionVector vector)
    {
        var entries = new JsonObject();
        foreach (var (device, sequence) in vector.Entries) entries[device.Reveal()] = sequence;
        return (Convert.ToHexStringLower(vector.ToArray()), entries);
    }

    public static JsonArray Relays(GroupInfo group) => new([.. group.Relays.Select(r => JsonValue.Create(r.ToString()))]);
}
