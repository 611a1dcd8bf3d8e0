using ZeroK.Wire;

namespace ZeroK.Client;

/// <summary>A blob that could not be opened (see <see cref="SyncClient.ListUndecryptable"/>). What it says of itself is the relay's word.</summary>
/// <param name="Id">Names it.</param>
/// <param name="Relay">From where it came; null if that relay is not the group's any more.</param>
/// <param name="Cursor">Its place in that relay's log.</param>
/// <param name="Sender">The device that pushed it, the relay says.</param>
/// <param name="Sequence">The sender's sequence, the relay says.</param>
/// <param name="Reason">Why it can't be opened.</param>
/// <param name="IsKept">It is here whole, and tried again at each start; false: only its hash is, and it must come again from the relay.</param>
/// <param name="HoldsBack">The relay is not told that this device has what comes after it.</param>
public sealed record UndecryptableBlob(BlobId Id, RelayAddress? Relay, Cursor Cursor, DeviceId Sender, ulong Sequence, UndecryptableReason Reason, bool IsKept, bool HoldsBack)
{
    /// <summary>A constant: it holds ids.</summary>
    public override string ToString() => "[blob]";
}
