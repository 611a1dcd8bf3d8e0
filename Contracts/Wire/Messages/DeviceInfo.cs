namespace ZeroK.Wire;

/// <summary>One device of DEVICES.</summary>
/// <param name="Id">The device.</param>
/// <param name="SealedName">Its name, sealed with a group key; may be empty.</param>
/// <param name="FirstSeenMs">Unix milliseconds.</param>
/// <param name="LastSeenMs">Unix milliseconds.</param>
/// <param name="Acked">What it has acknowledged.</param>
/// <param name="LastSequence">The highest sequence that the relay has from it.</param>
/// <param name="Online">Whether it is connected.</param>
/// <param name="Revoked">Whether it was blocked.</param>
public sealed record DeviceInfo(
    DeviceId Id,
    ReadOnlyMemory<byte> SealedName,
    ulong FirstSeenMs,
    ulong LastSeenMs,
    Cursor Acked,
    ulong LastSequence,
    bool Online,
    bool Revoked);
