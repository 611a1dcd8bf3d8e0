using ZeroK.Wire;

namespace ZeroK.GrainContracts;

// Ids cross as plain byte arrays (32 bytes a device or group, 16 a blob): no surrogate to keep in step. Ids of members are never reused.

/// <summary>Any reply: why not, or None.</summary>
[GenerateSerializer, Alias("zerok.reply")]
public record GroupReply([property: Id(0)] ErrorCode Code = ErrorCode.None, [property: Id(1)] uint RetryAfterMs = 0);

/// <summary>What every call says: the device, and the silo whose gateway holds its session.</summary>
[GenerateSerializer, Alias("zerok.device-request")]
public record DeviceRequest([property: Id(0)] byte[] Device, [property: Id(1)] SiloAddress Gateway);

/// <summary>HELLO, its signature already checked by the gateway against <paramref name="AdmissionKey"/>.</summary>
/// <param name="GroupMatchesKey">Whether the group id is the hash of <paramref name="AdmissionKey"/>: only then may it create the group.</param>
[GenerateSerializer, Alias("zerok.hello")]
public sealed record HelloRequest(byte[] Device, SiloAddress Gateway, [property: Id(0)] byte[] AdmissionKey, [property: Id(1)] bool GroupMatchesKey, [property: Id(2)] bool CreateGroup, [property: Id(3)] byte[] SealedName)
    : DeviceRequest(Device, Gateway);

/// <param name="Elsewhere">Where devices reach the group's relay directly, host:port, if it is another one than the caller's; empty or null for none.</param>
[GenerateSerializer, Alias("zerok.hello-reply")]
public sealed record HelloReply(ErrorCode Code, uint RetryAfterMs, [property: Id(0)] byte[] LogId, [property: Id(1)] ulong Head, [property: Id(2)] ulong HistoryStart, [property: Id(3)] ulong Acked, [property: Id(4)] ulong LastSequence, [property: Id(5)] byte[] LastBlob, [property: Id(6)] uint DeviceCount, [property: Id(7)] ulong GroupBytesMax, [property: Id(8)] uint TimeToLiveSeconds, [property: Id(9)] string? Elsewhere = null)
    : GroupReply(Code, RetryAfterMs);

[GenerateSerializer, Alias("zerok.push")]
public sealed record PushRequest(byte[] Device, SiloAddress Gateway, [property: Id(0)] PushItem[] Blobs) : DeviceRequest(Device, Gateway);

/// <summary>A body that lies in the body store: put there before it is spoken of.</summary>
/// <param name="Name">Random, used once.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="PutAtMs">When its putting began, by the clock of the relay that put it, Unix milliseconds; 0 in a page.</param>
[GenerateSerializer, Alias("zerok.named-body")]
public sealed record NamedBody([property: Id(0)] Guid Name, [property: Id(1)] int Bytes, [property: Id(2)] ulong PutAtMs);

/// <summary>A blob with its bytes, or with the name of its body and no envelope: a relay that knows no names refuses it for that.</summary>
[GenerateSerializer, Alias("zerok.push-item")]
public readonly record struct PushItem([property: Id(0)] byte[] Id, [property: Id(1)] ulong Sequence, [property: Id(2)] byte[]? Envelope, [property: Id(3)] NamedBody? Body = null)
{
    /// <summary>Bytes of the sealed blob, wherever they are.</summary>
    public int BodyBytes => Body?.Bytes ?? Envelope?.Length ?? 0;
}

/// <summary>One result a blob, in order. <see cref="GroupReply.Code"/> set: the whole batch was refused.</summary>
/// <param name="TakesNames">False: this relay is an older one and has refused what came by name.</param>
[GenerateSerializer, Alias("zerok.push-reply")]
public sealed record PushReply(ErrorCode Code, uint RetryAfterMs, [property: Id(0)] PushItemResult[] Results, [property: Id(1)] bool TakesNames = false) : GroupReply(Code, RetryAfterMs);

/// <param name="IsRepeat">The blob was here before: what this call brought was not taken.</param>
[GenerateSerializer, Alias("zerok.push-result")]
public readonly record struct PushItemResult([property: Id(0)] ErrorCode Code, [property: Id(1)] ulong Cursor, [property: Id(2)] ulong ReceivedAtMs, [property: Id(3)] uint RetryAfterMs, [property: Id(4)] bool IsRepeat = false);

/// <param name="TakesNames">The gateway reads bodies from the body store itself.</param>
[GenerateSerializer, Alias("zerok.pull")]
public sealed record PullRequest(byte[] Device, SiloAddress Gateway, [property: Id(0)] ulong After, [property: Id(1)] uint MaxBlobs, [property: Id(2)] uint MaxBytes, [property: Id(3)] bool TakesNames = false) : DeviceRequest(Device, Gateway);

[GenerateSerializer, Alias("zerok.pull-reply")]
public sealed record PullReply(ErrorCode Code, uint RetryAfterMs, [property: Id(0)] ulong Start, [property: Id(1)] ulong Through, [property: Id(2)] ulong Head, [property: Id(3)] ulong ExpiredThrough, [property: Id(4)] PulledItem[] Blobs) : GroupReply(Code, RetryAfterMs);

/// <param name="Body">Where the body lies, to a gateway that takes names; the envelope is empty then.</param>
[GenerateSerializer, Alias("zerok.pulled")]
public readonly record struct PulledItem([property: Id(0)] ulong Cursor, [property: Id(1)] BlobState State, [property: Id(2)] byte[] Sender, [property: Id(3)] ulong Sequence, [property: Id(4)] byte[] Id, [property: Id(5)] ulong ReceivedAtMs, [property: Id(6)] byte[] Envelope, [property: Id(7)] NamedBody? Body = null)
{
    /// <summary>Bytes of the sealed blob, wherever they are.</summary>
    public int BodyBytes => Body?.Bytes ?? Envelope?.Length ?? 0;
}

[GenerateSerializer, Alias("zerok.ack")]
public sealed record AckRequest(byte[] Device, SiloAddress Gateway, [property: Id(0)] ulong Through) : DeviceRequest(Device, Gateway);

[GenerateSerializer, Alias("zerok.delete")]
public sealed record DeleteRequest(byte[] Device, SiloAddress Gateway, [property: Id(0)] byte[][] Blobs) : DeviceRequest(Device, Gateway);

[GenerateSerializer, Alias("zerok.revoke")]
public sealed record RevokeRequest(byte[] Device, SiloAddress Gateway, [property: Id(0)] byte[] Target) : DeviceRequest(Device, Gateway);

[GenerateSerializer, Alias("zerok.devices-reply")]
public sealed record DevicesReply(ErrorCode Code, uint RetryAfterMs, [property: Id(0)] DeviceItem[] Devices) : GroupReply(Code, RetryAfterMs);

[GenerateSerializer, Alias("zerok.device")]
public readonly record struct DeviceItem([property: Id(0)] byte[] Id, [property: Id(1)] byte[] SealedName, [property: Id(2)] ulong FirstSeenMs, [property: Id(3)] ulong LastSeenMs, [property: Id(4)] ulong Acked, [property: Id(5)] ulong LastSequence, [property: Id(6)] bool Online, [property: Id(7)] bool Revoked);

[GenerateSerializer, Alias("zerok.presence-reply")]
public sealed record PresenceReply(ErrorCode Code, uint RetryAfterMs, [property: Id(0)] ulong Head, [property: Id(1)] uint OnlineDevices) : GroupReply(Code, RetryAfterMs);
