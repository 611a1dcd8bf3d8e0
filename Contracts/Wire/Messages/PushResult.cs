namespace ZeroK.Wire;

/// <summary>What became of one blob of a PUSH.</summary>
/// <param name="Id">The blob.</param>
/// <param name="Code">None: accepted, now or earlier.</param>
/// <param name="Cursor">Its place in the group's order; 0 if refused, or accepted earlier and since forgotten.</param>
/// <param name="ReceivedAtMs">When the relay first had it, Unix milliseconds.</param>
/// <param name="RetryAfterMs">If refused: when to try again, milliseconds.</param>
public sealed record PushResult(
    BlobId Id,
    ErrorCode Code,
    Cursor Cursor,
    ulong ReceivedAtMs,
    uint RetryAfterMs);
