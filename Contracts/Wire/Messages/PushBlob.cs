namespace ZeroK.Wire;

/// <summary>One blob of a PUSH.</summary>
/// <param name="Id">Chosen by the sender; the push is idempotent by it.</param>
/// <param name="Sequence">The device's sequence, 1 for its first blob: the relay accepts only the one after the last that it has from the device.</param>
/// <param name="Envelope">The sealed blob.</param>
public sealed record PushBlob(
    BlobId Id,
    ulong Sequence,
    ReadOnlyMemory<byte> Envelope);
