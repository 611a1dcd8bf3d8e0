using ZeroK.Transport;
using ZeroK.Wire;

namespace ZeroK.Client;

/// <summary>Something happened that an app may want to know. One record a kind.</summary>
/// <param name="At">When.</param>
public abstract record SyncEvent(DateTimeOffset At);

/// <summary>A session with a relay began.</summary>
public sealed record Connected(DateTimeOffset At, RelayAddress Relay, TransportKind Transport) : SyncEvent(At)
{
    /// <summary>Where the session is, if not at the first address that the group lists for the relay.</summary>
    public RelayEndpoint? ConnectedTo { get; init; }
}

/// <summary>The session ended or could not be made.</summary>
public sealed record Disconnected(DateTimeOffset At, string Reason, DateTimeOffset? NextTryAt) : SyncEvent(At)
{
    /// <summary>Which relay.</summary>
    public RelayAddress? Relay { get; init; }
}

/// <summary>The relay refused for good: it is not tried any more, until <see cref="SyncClient.TryAgain"/> or a restart. Other relays go on.</summary>
public sealed record Refused(DateTimeOffset At, ErrorCode Code, string WhatToDo) : SyncEvent(At)
{
    /// <summary>Which relay.</summary>
    public RelayAddress? Relay { get; init; }
}

/// <summary>Another relay is the primary now: its acknowledgement counts, and it is read from.</summary>
public sealed record PrimaryChanged(DateTimeOffset At, RelayAddress Relay) : SyncEvent(At);

/// <summary>A relay was away so long that the outbox keeps nothing for it any more (<see cref="SyncOptions.LaggingBytesMax"/>). What it has of this device ends at a sequence; other relays have the rest.</summary>
public sealed record RelayGivenUp(DateTimeOffset At, RelayAddress Relay, ulong LastSequence) : SyncEvent(At);

/// <summary>This device joined late, or was away too long: what the group pushed before this cursor is not kept for it any more. Told in every session until <see cref="SyncClient.ConfirmStateAsync"/>.</summary>
public sealed record HistoryBegins(DateTimeOffset At, Cursor First) : SyncEvent(At);

/// <summary>Blobs that this device had not read are gone from the relay: their time to live was over.</summary>
public sealed record Expired(DateTimeOffset At, Cursor First, Cursor Last) : SyncEvent(At);

/// <summary>The sender deleted a blob before this device read it, the relay says.</summary>
public sealed record Deleted(DateTimeOffset At, DeviceId Sender, ulong Sequence, Cursor Cursor) : SyncEvent(At);

/// <summary>Why a blob can't be used.</summary>
public enum UndecryptableReason
{
    /// <summary>Not said.</summary>
    None = 0,
    /// <summary>It is sealed with a key epoch that this device doesn't have.</summary>
    UnknownKeyEpoch,
    /// <summary>It does not open: another key, or changed on the way, or put at another blob's place.</summary>
    WrongKeyOrTampered,
    /// <summary>It is of a version that this library doesn't know: update it.</summary>
    UnknownVersion,
    /// <summary>It opens, but what is inside is not a blob.</summary>
    Malformed,
    /// <summary>It opened and was handed over, but this device's state can't hold what it says.</summary>
    NotStorable,
}

/// <summary>A blob could not be opened. It is kept, the relay is not told that this device has it, and later blobs go on.</summary>
public sealed record Undecryptable(DateTimeOffset At, Cursor Cursor, DeviceId Sender, UndecryptableReason Reason) : SyncEvent(At);

/// <summary>A blob that could not be opened was given up (<see cref="SyncClient.GiveUpUndecryptable"/>): nothing of it is kept, and it holds back no acknowledgement any more.</summary>
public sealed record GivenUp(DateTimeOffset At, Cursor Cursor, DeviceId Sender, ulong Sequence) : SyncEvent(At);

/// <summary>Why a relay is not read any more.</summary>
public enum ReadingStoppedReason
{
    /// <summary>Not said.</summary>
    None = 0,
    /// <summary>It has brought as many blobs that can't be opened as are kept of one relay (<see cref="SyncOptions.QuarantineBlobsMax"/>). Giving some up goes on with reading.</summary>
    Undecryptable,
    /// <summary>It has shown more senders than a device takes from one relay (<see cref="WireLimits.SendersMax"/>).</summary>
    Senders,
    /// <summary>It has shown more places without a body behind holes than a device notes (<see cref="WireLimits.UnprovedMax"/>).</summary>
    Unproved,
}

/// <summary>Nothing more is read from this relay: it fills this device with what nobody can use. Pushing goes on, and other relays are read.</summary>
public sealed record ReadingStopped(DateTimeOffset At, RelayAddress Relay, ReadingStoppedReason Reason) : SyncEvent(At);

/// <summary>Why blobs can't come any more.</summary>
public enum MissedReason
{
    /// <summary>Not said.</summary>
    None = 0,
    /// <summary>They expired on the relay before this device read them: it was away too long.</summary>
    Expired,
    /// <summary>Their sender deleted them before this device read them, or so the relay's log says: it has dropped the places where they were.</summary>
    Deleted,
    /// <summary>The logs of all relays were read again (<see cref="SyncClient.ReadAgainAsync"/>), and none has them any more.</summary>
    NotKept,
}

/// <summary>This device will not get these blobs of a sender. The version vector goes on past them; if the app needs what was in them, a device that has them must push it again.</summary>
public sealed record Missed(DateTimeOffset At, DeviceId Sender, ulong FirstSequence, ulong LastSequence, MissedReason Reason) : SyncEvent(At);

/// <summary>The relay left out blobs of a sender: these sequences are missing though nothing expired. The version vector stays before them. <see cref="SyncClient.ReadAgainAsync"/> fetches them if a relay has them after all, and gives them up if none has.</summary>
public sealed record Omission(DateTimeOffset At, DeviceId Sender, ulong FirstSequence, ulong LastSequence, Cursor Cursor) : SyncEvent(At);

/// <summary>The relay sent again, at another cursor, what this device has. Dropped.</summary>
public sealed record Replay(DateTimeOffset At, DeviceId Sender, ulong Sequence, Cursor Cursor) : SyncEvent(At);

/// <summary>A blob that was missing came after later ones of its sender. Handed over.</summary>
public sealed record Reordered(DateTimeOffset At, DeviceId Sender, ulong Sequence, Cursor Cursor) : SyncEvent(At);

/// <summary>What the relay says about a blob is not what its sealed header says, or it breaks the sender's hash chain: the sender's device was copied, or blobs were swapped.</summary>
public sealed record ChainBroken(DateTimeOffset At, DeviceId Sender, ulong Sequence, Cursor Cursor, string What) : SyncEvent(At);

/// <summary>The relay's log ends before what this device has seen of it: it was set back to an older copy.</summary>
public sealed record Rollback(DateTimeOffset At, Cursor Known, Cursor Head) : SyncEvent(At);

/// <summary>The relay sent a page that breaks the protocol's rules (holes, order, sizes). The connection was closed.</summary>
public sealed record RelayMisbehaved(DateTimeOffset At, string What) : SyncEvent(At);

/// <summary>The relay started a new log: it lost its data. Reading starts at its beginning.</summary>
public sealed record RelayReset(DateTimeOffset At) : SyncEvent(At);

/// <summary>The relay has a later sequence of this device than the device has made: its directory was restored from a copy. Nothing more is pushed to that relay; make a new device. The claim can't be proved: if one of several relays alone makes it, it may be wrong.</summary>
public sealed record StateRestoredFromCopy(DateTimeOffset At, ulong LocalSequence, ulong RelaySequence) : SyncEvent(At)
{
    /// <summary>Which relay.</summary>
    public RelayAddress? Relay { get; init; }
}

/// <summary>Another program took this device's session at the relay: its directory was copied, or is open twice. The client gives way, longer each time.</summary>
public sealed record DeviceShared(DateTimeOffset At, RelayAddress Relay) : SyncEvent(At);

/// <summary>A device of the group was blocked.</summary>
public sealed record DeviceBlocked(DateTimeOffset At, DeviceId Device, bool IsThisDevice) : SyncEvent(At);

/// <summary>The outbox is full (<see cref="SyncOptions.OutboxBytesMax"/>): <see cref="SyncClient.PushAsync(ReadOnlyMemory{byte}, string, CancellationToken)"/> waits until a relay takes some. Told once, until there is room again.</summary>
public sealed record OutboxFull(DateTimeOffset At, long Blobs, long Bytes) : SyncEvent(At);

/// <summary>The relay refused a blob. It stays in the outbox.</summary>
public sealed record PushRefused(DateTimeOffset At, ulong Sequence, ErrorCode Code, bool WillRetry, string WhatToDo) : SyncEvent(At);
