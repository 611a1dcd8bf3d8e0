using ZeroK.Wire;

namespace ZeroK.Client.Session;

/// <summary>Whether the relay knows this device as the device knows itself. Pure.</summary>
internal static class WelcomeRules
{
    /// <summary>What is wrong with a WELCOME, or null: a number that no log has.</summary>
    public static string? Problem(Welcome welcome) =>
        welcome.Head.Value > WireLimits.NumberMax || welcome.HistoryStart.Value > WireLimits.NumberMax || welcome.Acked.Value > WireLimits.NumberMax || welcome.LastSequence > WireLimits.NumberMax
            ? "A WELCOME had an impossible cursor or sequence."
            : null;

    /// <summary>Compares.</summary>
    /// <param name="relayLast">The last sequence of this device that the relay knows; 0 for none.</param>
    /// <param name="relayLastBlob">That blob's id; empty if not known.</param>
    /// <param name="last">The last sequence that this device has made.</param>
    /// <param name="delivered">The relay has acknowledged every sequence up to here.</param>
    /// <param name="ownBlob">The id of the blob that this device still keeps under <paramref name="relayLast"/>; empty if it keeps none.</param>
    public static DeviceKnown Compare(ulong relayLast, ReadOnlySpan<byte> relayLastBlob, ulong last, ulong delivered, ReadOnlySpan<byte> ownBlob)
    {
        if (relayLast > last) return DeviceKnown.Later;
        if (!ownBlob.IsEmpty && !relayLastBlob.IsEmpty && !ownBlob.SequenceEqual(relayLastBlob)) return DeviceKnown.Later;
        return relayLast > 0 && relayLast < delivered ? DeviceKnown.Earlier : DeviceKnown.Same;
    }
}

/// <summary>How a relay knows a device.</summary>
internal enum DeviceKnown
{
    /// <summary>As it is: it may push.</summary>
    Same = 0,
    /// <summary>By later or other blobs: this device's state is an old copy.</summary>
    Later,
    /// <summary>By fewer blobs than it had acknowledged: the relay was set back.</summary>
    Earlier,
}
