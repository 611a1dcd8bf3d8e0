using ZeroK.Client.Store;
using ZeroK.Wire;

namespace ZeroK.Client.Session;

/// <summary>Which part of the outbox is on its way to one relay, and what an answer means. Pure: no clock, no I/O.</summary>
/// <remarks>Blobs go in sequence order, several PUSHes at once. Only an unbroken prefix counts as taken; after a refusal everything under way comes back first, and then it begins again at the first blob that was not taken.</remarks>
/// <param name="delivered">The relay has acknowledged every sequence up to here.</param>
/// <param name="isKnown">The relay has something of this device. One that has nothing takes the first sequence that it sees for the device's first: so one PUSH goes alone, until a blob of it is taken.</param>
/// <param name="blobsMax">Blobs under way at once.</param>
/// <param name="bytesMax">Their bytes; one blob always fits.</param>
internal sealed class PushWindow(ulong delivered, bool isKnown, int blobsMax, long bytesMax)
{
    private ulong _next = delivered + 1;
    private bool _goesAlone = !isKnown;
    private int _blobs;
    private long _bytes;

    /// <summary>Nothing is sent until <see cref="Resume"/>.</summary>
    public bool IsPaused { get; private set; }

    /// <summary>What may be read from the outbox and sent now; null if nothing.</summary>
    /// <param name="batchBlobs">The most blobs that one PUSH may carry.</param>
    /// <param name="batchBytes">The most bytes.</param>
    public (ulong From, int Blobs, long Bytes)? Room(int batchBlobs, long batchBytes) =>
        IsPaused || (_goesAlone && _blobs > 0) || _blobs >= blobsMax || _bytes >= bytesMax ? null : (_next, Math.Min(batchBlobs, blobsMax - _blobs), Math.Min(batchBytes, bytesMax - _bytes));

    /// <summary>These are on their way.</summary>
    public void Sent(IReadOnlyList<OutboxEntry> entries)
    {
        if (entries.Count == 0) return;
        _next = entries[^1].Sequence + 1;
        _blobs += entries.Count;
        _bytes += Bytes(entries);
    }

    /// <summary>Their answer came, whatever it was.</summary>
    public void Returned(IReadOnlyList<OutboxEntry> entries)
    {
        _blobs -= entries.Count;
        _bytes -= Bytes(entries);
    }

    /// <summary>The relay has taken a blob of this device.</summary>
    public void Taken() => _goesAlone = false;

    /// <summary>A blob was refused: send nothing more.</summary>
    public void Pause() => IsPaused = true;

    /// <summary>Everything under way came back and the wait is over: begin again.</summary>
    /// <param name="after">The relay has acknowledged every sequence up to here.</param>
    public void Resume(ulong after) => (IsPaused, _next) = (false, after + 1);

    /// <summary>What an answer to a PUSH means.</summary>
    /// <param name="entries">What was sent.</param>
    /// <param name="results">One for each, in order.</param>
    /// <param name="delivered">The relay has acknowledged every sequence up to here.</param>
    /// <exception cref="SessionFailedException">It acknowledges another blob than was sent.</exception>
    public static PushSettlement Settle(IReadOnlyList<OutboxEntry> entries, IReadOnlyList<PushResult> results, ulong delivered)
    {
        var accepted = new List<(OutboxEntry, Cursor)>();
        while (accepted.Count < entries.Count && results[accepted.Count] is { Code: ErrorCode.None } result)
        {
            if (result.Id != entries[accepted.Count].Id) throw new SessionFailedException(false, ErrorCode.InvalidMessage, 0, "The relay acknowledged another blob than was sent.");
            accepted.Add((entries[accepted.Count], result.Cursor));
        }

        // Something before these is not acknowledged: they can't be either, whatever the relay says.
        if (entries[0].Sequence > delivered + 1) return new PushSettlement([], null, null);
        if (accepted.Count == entries.Count) return new PushSettlement(accepted, null, null);

        // A refusal says something about the first blob that is not acknowledged only.
        var through = accepted.Count > 0 ? Math.Max(delivered, accepted[^1].Item1.Sequence) : delivered;
        var refused = entries[accepted.Count];
        return refused.Sequence == through + 1 ? new PushSettlement(accepted, refused, results[accepted.Count]) : new PushSettlement(accepted, null, null);
    }

    /// <summary>What to do about a refusal.</summary>
    public static PushRefusal RefusalOf(ErrorCode code) => code switch
    {
        ErrorCode.SequenceConflict or ErrorCode.DeviceRevoked or ErrorCode.Unauthorized => PushRefusal.EndSession,
        _ => ErrorCodes.RetryOf(code) == Retry.Never ? PushRefusal.Keep : PushRefusal.TryAgain,
    };

    private static long Bytes(IReadOnlyList<OutboxEntry> entries)
    {
        long bytes = 0;
        for (var i = 0; i < entries.Count; i++) bytes += entries[i].Envelope.Length;
        return bytes;
    }
}

/// <summary>What an answer to a PUSH means.</summary>
/// <param name="Accepted">The relay has these, and all before them, on stable storage.</param>
/// <param name="Refused">The first blob that it does not have, if it refused it; null if it did not, or if an earlier one is still under way.</param>
/// <param name="Result">Why.</param>
internal readonly record struct PushSettlement(IReadOnlyList<(OutboxEntry Entry, Cursor Cursor)> Accepted, OutboxEntry? Refused, PushResult? Result);

/// <summary>What to do about a refused blob. It stays in the outbox in any case.</summary>
internal enum PushRefusal
{
    /// <summary>Wait, and send it again.</summary>
    TryAgain = 0,
    /// <summary>Send nothing more in this session; tell the app.</summary>
    Keep,
    /// <summary>Tell the app, and end the session: the device itself is refused.</summary>
    EndSession,
}
