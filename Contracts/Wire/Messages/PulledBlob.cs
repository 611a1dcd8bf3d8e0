namespace ZeroK.Wire;

/// <summary>One cursor of a page.</summary>
/// <param name="Cursor">Its place in the group's order.</param>
/// <param name="State">Whether the body is here, and why not.</param>
/// <param name="Sender">The device that pushed it, as the relay says; the sealed header says it too.</param>
/// <param name="Sequence">The sender's sequence, as the relay says.</param>
/// <param name="Id">The blob.</param>
/// <param name="ReceivedAtMs">When the relay had it, Unix milliseconds.</param>
/// <param name="Envelope">The sealed blob; empty for a stub.</param>
public sealed record PulledBlob(
    Cursor Cursor,
    BlobState State,
    DeviceId Sender,
    ulong Sequence,
    BlobId Id,
    ulong ReceivedAtMs,
    ReadOnlyMemory<byte> Envelope);
