namespace ZeroK.Chaos.History;

/// <summary>How a call ended, as the caller saw it.</summary>
public enum CallOutcome
{
    /// <summary>No answer: it may have happened or not.</summary>
    Unknown = 0,
    /// <summary>The relay said that it is durable.</summary>
    Acknowledged,
    /// <summary>It was refused: it did not happen.</summary>
    Refused,
}

/// <summary>A client's push. Times are microseconds since the run began.</summary>
/// <param name="Device">The client's label.</param>
/// <param name="Sequence">The device's sequence for it.</param>
/// <param name="Digest">SHA-256 of label and payload, hex.</param>
/// <param name="StartUs">When the app called.</param>
/// <param name="EndUs">When the outcome was known; null if it never was.</param>
/// <param name="Outcome">How it ended.</param>
/// <param name="Cursor">The cursor that the acknowledgement named; 0 for none.</param>
public sealed record PushCall(string Device, ulong Sequence, string Digest, long StartUs, long? EndUs, CallOutcome Outcome, ulong Cursor)
{
    /// <inheritdoc/>
    public override string ToString() => FormattableString.Invariant($"push {Device}#{Sequence} {Digest[..Math.Min(8, Digest.Length)]} [{StartUs}..{EndUs?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "?"} us] {Outcome} cursor {Cursor}");
}

/// <summary>A blob handed to a client's app.</summary>
/// <param name="Reader">Who got it.</param>
/// <param name="Sender">Who pushed it, by the reader's word.</param>
/// <param name="Sequence">The sender's sequence.</param>
/// <param name="Cursor">Its place in the group's order.</param>
/// <param name="Digest">SHA-256 of label and payload, hex.</param>
/// <param name="AtUs">When.</param>
/// <param name="AckedUs">When the app's acknowledgement was durable; null if the client stopped before.</param>
public sealed record Delivery(string Reader, string Sender, ulong Sequence, ulong Cursor, string Digest, long AtUs, long? AckedUs)
{
    /// <inheritdoc/>
    public override string ToString() => FormattableString.Invariant($"{Reader} got {Sender}#{Sequence} {Digest[..Math.Min(8, Digest.Length)]} at cursor {Cursor} [{AtUs} us]{(AckedUs is null ? " not acknowledged" : "")}");
}

/// <summary>What a client said about its position.</summary>
/// <param name="Device">The client.</param>
/// <param name="Head">The relay's last cursor, as the client knew it.</param>
/// <param name="Received">Up to where the client has everything.</param>
/// <param name="AtUs">When.</param>
public sealed record Position(string Device, ulong Head, ulong Received, long AtUs)
{
    /// <inheritdoc/>
    public override string ToString() => FormattableString.Invariant($"{Device} at {AtUs} us: received {Received} of {Head}");
}

/// <summary>A gap that a client reported to its app: expired, omitted, or before its time.</summary>
/// <param name="Device">The client.</param>
/// <param name="First">The first cursor of the gap.</param>
/// <param name="Last">The last.</param>
/// <param name="Why">What it said.</param>
public sealed record ReportedGap(string Device, ulong First, ulong Last, string Why);

/// <summary>Sequences of a sender that a client reported to its app as missing.</summary>
/// <param name="Device">The client.</param>
/// <param name="Sender">Whose blobs.</param>
/// <param name="First">The first sequence.</param>
/// <param name="Last">The last.</param>
/// <param name="Why">Missed (they will not come), or Omission (the relay left them out).</param>
public sealed record ReportedMissing(string Device, string Sender, ulong First, ulong Last, string Why)
{
    /// <inheritdoc/>
    public override string ToString() => FormattableString.Invariant($"{Device} reported {Why} of {Sender}#{First}..{Last}");
}

/// <summary>A client at the end, after healing and quiescence.</summary>
/// <param name="Device">The client.</param>
/// <param name="Vector">Its version vector's canonical bytes, hex.</param>
/// <param name="Received">Up to where it has everything.</param>
/// <param name="Head">The relay's last cursor.</param>
/// <param name="Pending">Blobs in its outbox.</param>
public sealed record EndState(string Device, string Vector, ulong Received, ulong Head, long Pending)
{
    /// <inheritdoc/>
    public override string ToString() => FormattableString.Invariant($"{Device} ended at {Received} of {Head}, {Pending} pending, vector {Vector}");
}

/// <summary>All that clients did and saw in one run, in the order in which it was recorded.</summary>
public sealed record RunHistory
{
    /// <summary>Pushes, each once, with its outcome.</summary>
    public IReadOnlyList<PushCall> Pushes { get; init; } = [];

    /// <summary>Deliveries.</summary>
    public IReadOnlyList<Delivery> Deliveries { get; init; } = [];

    /// <summary>Positions.</summary>
    public IReadOnlyList<Position> Positions { get; init; } = [];

    /// <summary>Gaps that were reported.</summary>
    public IReadOnlyList<ReportedGap> Gaps { get; init; } = [];

    /// <summary>Sequences that were reported as missing.</summary>
    public IReadOnlyList<ReportedMissing> Missing { get; init; } = [];

    /// <summary>The clients at the end.</summary>
    public IReadOnlyList<EndState> Ends { get; init; } = [];
}
