using System.Globalization;
using ZeroK.Transport;
using ZeroK.Wire;

namespace ZeroK.Client;

/// <summary>What the session with the relay is doing.</summary>
public enum SyncState
{
    /// <summary>Not started, or closed.</summary>
    Disconnected = 0,
    /// <summary>Opening a connection.</summary>
    Connecting,
    /// <summary>Handshake and HELLO.</summary>
    Handshaking,
    /// <summary>Connected; fetching what was missed.</summary>
    Syncing,
    /// <summary>Connected; everything up to the relay's head was fetched.</summary>
    Live,
    /// <summary>Waiting for the next try: <see cref="SyncStatus.NextTryAt"/>.</summary>
    BackingOff,
    /// <summary>Stopped: trying again would not help. <see cref="SyncStatus.LastError"/> says what to do.</summary>
    Refused,
}

/// <summary>How things stand. A snapshot. With several relays, state, transport, cursors and errors are the primary's; <see cref="Relays"/> has all.</summary>
public sealed record SyncStatus
{
    /// <summary>What the session is doing.</summary>
    public SyncState State { get; init; }

    /// <summary>Since when it does that.</summary>
    public DateTimeOffset Since { get; init; }

    /// <summary>The primary: the relay in use, or to be tried next.</summary>
    public RelayAddress? Relay { get; init; }

    /// <summary>Every relay of the group, in order of preference.</summary>
    public IReadOnlyList<RelayStatus> Relays { get; init; } = [];

    /// <summary>Whether a session with any relay is open.</summary>
    public bool IsOnline => State is SyncState.Syncing or SyncState.Live || Relays.Any(r => r.ConnectedAt is not null);

    /// <summary>The transport in use; None without a connection.</summary>
    public TransportKind Transport { get; init; }

    /// <summary>Why it is not QUIC; null if it is, or if QUIC was not wanted.</summary>
    public string? WhyNotQuic { get; init; }

    /// <summary>Blobs in the outbox that no relay has acknowledged.</summary>
    public long PendingBlobs { get; init; }

    /// <summary>Their bytes, sealed.</summary>
    public long PendingBytes { get; init; }

    /// <summary>The last own sequence that a relay has acknowledged as durable; 0 for none.</summary>
    public ulong DurableSequence { get; init; }

    /// <summary>The last own sequence; 0 for none.</summary>
    public ulong LastSequence { get; init; }

    /// <summary>The relay's last cursor, as far as known.</summary>
    public Cursor Head { get; init; }

    /// <summary>What the app has: everything of other devices up to this cursor, but for <see cref="Undecryptable"/>.</summary>
    public Cursor Received { get; init; }

    /// <summary>What the relay was told that this device has; held back by what could not be opened.</summary>
    public Cursor Acked { get; init; }

    /// <summary>A relay has blobs of this device that its state doesn't know: the directory was restored from a copy, or a copy of it is in use. Nothing is pushed to that relay any more; make a new device.</summary>
    public bool IsCopy { get; init; }

    /// <summary>Blobs that could not be opened and are kept.</summary>
    public long Undecryptable { get; init; }

    /// <summary>Something that the group pushed will never come to this device: it joined late, or was away too long. Stays so, over restarts too, until the app has the state from another device and says so (<see cref="SyncClient.ConfirmStateAsync"/>).</summary>
    public bool NeedsState { get; init; }

    /// <summary>The last error, for a person: what is wrong and what to do; null if there was none since the last connection.</summary>
    public string? LastError { get; init; }

    /// <summary>Its code, if the relay sent one.</summary>
    public ErrorCode LastErrorCode { get; init; }

    /// <summary>When the next try is; null if none is planned.</summary>
    public DateTimeOffset? NextTryAt { get; init; }

    /// <summary>What is wrong and stays so until someone acts; empty if all is well.</summary>
    public IReadOnlyList<string> OpenProblems { get; init; } = [];

    /// <summary>Which blobs this device has. Equal vectors on two devices mean equal sets.</summary>
    public VersionVector Vector { get; init; } = new([]);

    /// <summary>One line for a log: it names no device, relay or address.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{State} by {Transport}; pushed {LastSequence}, durable {DurableSequence}, {PendingBlobs} wait ({PendingBytes} bytes); received #{Received} of #{Head}, told #{Acked}; {Undecryptable} undecryptable{(NeedsState ? ", needs state" : "")}, {OpenProblems.Count} problems, last error {LastErrorCode}");
}
