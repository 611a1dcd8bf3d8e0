using ZeroK.Transport;
using ZeroK.Wire;

namespace ZeroK.Client;

/// <summary>How things stand with one relay. A snapshot.</summary>
public sealed record RelayStatus
{
    /// <summary>The relay.</summary>
    public required RelayAddress Address { get; init; }

    /// <summary>Every address that the group lists for it, in order: they are ways to one relay, and whichever answers is taken.</summary>
    public IReadOnlyList<RelayEndpoint> Ways { get; init; } = [];

    /// <summary>Whether it is the primary: its acknowledgement counts, and it is read from.</summary>
    public bool IsPrimary { get; init; }

    /// <summary>What the session is doing.</summary>
    public SyncState State { get; init; }

    /// <summary>Since when it does that.</summary>
    public DateTimeOffset Since { get; init; }

    /// <summary>Since when a session is open; null while none is.</summary>
    public DateTimeOffset? ConnectedAt { get; init; }

    /// <summary>Where the session really is, if not at <see cref="Address"/>: at another of its <see cref="Ways"/>, or where the relay (one of a cluster) would rather have it; null otherwise.</summary>
    public RelayEndpoint? ConnectedTo { get; init; }

    /// <summary>The transport in use; None without a connection.</summary>
    public TransportKind Transport { get; init; }

    /// <summary>Why it is not QUIC; null if it is, or if QUIC was not wanted.</summary>
    public string? WhyNotQuic { get; init; }

    /// <summary>It has acknowledged this device's sequences up to here as durable.</summary>
    public ulong DeliveredSequence { get; init; }

    /// <summary>Blobs in the outbox that it has not acknowledged.</summary>
    public long PendingBlobs { get; init; }

    /// <summary>Their bytes, sealed.</summary>
    public long PendingBytes { get; init; }

    /// <summary>Its last cursor, as far as known.</summary>
    public Cursor Head { get; init; }

    /// <summary>What was read from it, in its own cursors.</summary>
    public Cursor Received { get; init; }

    /// <summary>What it was told that this device has.</summary>
    public Cursor Acked { get; init; }

    /// <summary>The last error, for a person; null if there was none since the last connection.</summary>
    public string? LastError { get; init; }

    /// <summary>Its code, if the relay sent one.</summary>
    public ErrorCode LastErrorCode { get; init; }

    /// <summary>When the next try is; null if none is planned.</summary>
    public DateTimeOffset? NextTryAt { get; init; }

    /// <summary>Why nothing goes there until someone acts; null if all is well or it is tried again by itself.</summary>
    public string? Problem { get; init; }

    internal bool HasFailed { get; init; }

    internal bool IsShared { get; init; }
}
