namespace ZeroK.Client.Outbox;

/// <summary>What is to be kept, for whom, and when there is room. Pure.</summary>
internal static class OutboxRules
{
    /// <summary>Up to here no relay is still to get anything: it may leave the outbox.</summary>
    /// <param name="lanes">One or more; never all given up.</param>
    public static ulong RemoveThrough(ReadOnlySpan<LaneState> lanes)
    {
        var through = ulong.MaxValue;
        foreach (var lane in lanes)
            if (!lane.IsGivenUp && lane.Delivered < through) through = lane.Delivered;
        return through == ulong.MaxValue ? 0 : through;
    }

    /// <summary>The relay that has the most: at least one relay has everything up to its sequence.</summary>
    public static LaneState Furthest(ReadOnlySpan<LaneState> lanes)
    {
        var furthest = lanes[0];
        foreach (var lane in lanes)
            if (lane.Delivered > furthest.Delivered) furthest = lane;
        return furthest;
    }

    /// <summary>The first relay for which too much is kept that another one has already; -1 for none.</summary>
    /// <param name="lanes">All of them.</param>
    /// <param name="laggingBytesMax">What may be kept for a relay beyond what no relay has.</param>
    public static int MustGiveUp(ReadOnlySpan<LaneState> lanes, long laggingBytesMax)
    {
        var unsent = Furthest(lanes).Bytes;
        for (var i = 0; i < lanes.Length; i++)
            if (!lanes[i].IsGivenUp && lanes[i].Bytes - unsent > laggingBytesMax) return i;
        return -1;
    }
}

/// <summary>How one relay stands with the outbox.</summary>
/// <param name="Delivered">It has acknowledged every sequence up to here.</param>
/// <param name="Blobs">Blobs after that.</param>
/// <param name="Bytes">Their bytes.</param>
/// <param name="IsGivenUp">Nothing is kept for it any more.</param>
internal readonly record struct LaneState(ulong Delivered, long Blobs, long Bytes, bool IsGivenUp);
