using ZeroK.Wire;

namespace ZeroK.Client;

/// <summary>A device of the group, as the relay reports it.</summary>
/// <param name="Id">The device.</param>
/// <param name="Name">Its name, opened; null if it has none or it can't be opened.</param>
/// <param name="IsThisDevice">Whether it is this one.</param>
/// <param name="FirstSeen">When the relay first saw it.</param>
/// <param name="LastSeen">When the relay last heard of it.</param>
/// <param name="Acked">What it has acknowledged.</param>
/// <param name="LastSequence">The highest sequence that the relay has from it.</param>
/// <param name="Online">Whether it is connected.</param>
/// <param name="Revoked">Whether it was blocked.</param>
public sealed record GroupDevice(DeviceId Id, string? Name, bool IsThisDevice, DateTimeOffset FirstSeen, DateTimeOffset LastSeen, Cursor Acked, ulong LastSequence, bool Online, bool Revoked)
{
    /// <summary>A constant: names and labels are the users' own.</summary>
    public override string ToString() => "[device]";
}
