using ZeroK.Wire;

namespace ZeroK.Client;

/// <summary>What <see cref="SyncClient.PeekAsync"/> read.</summary>
/// <param name="Blobs">Blobs of other devices that could be opened, in order.</param>
/// <param name="Through">Read up to here: pass it as <c>after</c> to go on.</param>
/// <param name="Head">The relay's last cursor. There is more while Through is lower.</param>
/// <param name="HistoryStart">The first cursor that was still kept.</param>
/// <param name="Undecryptable">How many could not be opened.</param>
public sealed record PeekResult(IReadOnlyList<PeekedBlob> Blobs, Cursor Through, Cursor Head, Cursor HistoryStart, int Undecryptable);

/// <summary>One blob that was read without acknowledging it.</summary>
/// <param name="Sender">The device that sealed it.</param>
/// <param name="Sequence">The sender's sequence.</param>
/// <param name="Cursor">Its place in the group's order.</param>
/// <param name="SentAt">The sender's clock.</param>
/// <param name="Label">The label.</param>
/// <param name="Payload">What the app pushed.</param>
public sealed record PeekedBlob(DeviceId Sender, ulong Sequence, Cursor Cursor, DateTimeOffset SentAt, string? Label, ReadOnlyMemory<byte> Payload)
{
    /// <summary>A constant: names and labels are the users' own.</summary>
    public override string ToString() => "[blob]";
}
