using ZeroK.Client.Store;
using ZeroK.Wire;

namespace ZeroK.Client.Sync;

/// <summary>What the rules need to know of one relay's log, as read so far. Runs ahead of what is committed, like the rules.</summary>
/// <param name="relay">Its fingerprint.</param>
/// <param name="isOnly">The group has no other relay: then what this one doesn't have is not to be had.</param>
internal sealed class RelayView(ReadOnlyMemory<byte> relay, bool isOnly)
{
    private readonly Dictionary<DeviceId, ulong> _seen = [];

    // Never forgotten: a relay that begins its log anew must not bring as many again.
    private readonly HashSet<DeviceId> _senders = [];

    public bool IsOnly => isOnly;

    /// <summary>The relay no longer keeps the log's beginning: an unknown sender may start anywhere.</summary>
    public bool HistoryCut { get; set; }

    /// <summary>What came after this device joined has expired here: even a sender that was not known may have pushed it.</summary>
    public bool ExpiredUnread { get; set; }

    /// <summary>See <see cref="RelayState.Trimmed"/>.</summary>
    public ulong Trimmed { get; set; }

    /// <summary>Notes a sequence of a sender.</summary>
    /// <returns>The highest that the relay had shown before; 0 for none.</returns>
    public ulong See(Verdict verdict, DeviceId sender, ulong sequence)
    {
        if (isOnly) return 0;
        var seen = _seen.GetValueOrDefault(sender);
        if (sequence <= seen) return seen;
        _seen[sender] = sequence;
        verdict.Changes.Add(new SeenChanged(new SeenState(relay, sender, sequence)));
        return seen;
    }

    /// <summary>Counts a sender.</summary>
    /// <returns>False: it is new, and the relay has shown as many as are taken from one.</returns>
    public bool Admit(DeviceId sender) => _senders.Contains(sender) || (_senders.Count < WireLimits.SendersMax && _senders.Add(sender));

    /// <summary>What was noted in an earlier run.</summary>
    public void Restore(SeenState seen)
    {
        _seen[seen.Device] = seen.Sequence;
        Admit(seen.Device);
    }

    /// <summary>What follows may skip sequences of any sender.</summary>
    public void Unsee(Verdict verdict)
    {
        foreach (var device in _seen.Keys) verdict.Changes.Add(new SeenChanged(new SeenState(relay, device, 0)));
        _seen.Clear();
    }

    /// <summary>The log began anew.</summary>
    public void Forget(Verdict verdict)
    {
        Unsee(verdict);
        Trimmed = 0;
        HistoryCut = true;
    }
}
