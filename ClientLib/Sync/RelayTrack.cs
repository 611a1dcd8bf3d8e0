using ZeroK.Client.Store;
using ZeroK.Wire;

namespace ZeroK.Client.Sync;

/// <summary>Where reading stands with one relay. Changed under the inbox's gate only.</summary>
internal sealed class RelayTrack
{
    public RelayTrack(StoredState stored, ReadOnlyMemory<byte> relay, bool isOnly)
    {
        Row = stored.Relay(relay);
        Fetched = Row.Received;
        View = new RelayView(relay, isOnly) { Trimmed = Row.Trimmed };
        foreach (var seen in stored.Seen.Where(s => s.Relay.Span.SequenceEqual(relay.Span))) View.Restore(seen);
    }

    /// <summary>What is committed, and the head.</summary>
    public RelayState Row { get; set; }

    /// <summary>Everything up to here was pulled.</summary>
    public Cursor Fetched { get; set; }

    public RelayView View { get; }
}
