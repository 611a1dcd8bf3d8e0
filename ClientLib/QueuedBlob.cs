using ZeroK.Wire;

namespace ZeroK.Client;

/// <summary>An own blob in the outbox, opened: <see cref="Device.ReadOutbox"/>.</summary>
/// <param name="Sequence">This device's sequence for it.</param>
/// <param name="BlobId">The blob's id.</param>
/// <param name="PushedAt">When it was pushed, by this device's clock.</param>
/// <param name="Label">Its label.</param>
/// <param name="Payload">What the app pushed.</param>
public sealed record QueuedBlob(ulong Sequence, BlobId BlobId, DateTimeOffset PushedAt, string? Label, ReadOnlyMemory<byte> Payload)
{
    /// <summary>A constant: names and labels are the users' own.</summary>
    public override string ToString() => "[blob]";
}
