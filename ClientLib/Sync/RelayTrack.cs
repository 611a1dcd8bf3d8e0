using ZeroK.Client.Store;
using ZeroK.Wire;

namespace ZeroK.Client.Sync;

/// <summary>Where reading stands with one relay. Changed under the inbox's gate only.</summary>
internal sealed class RelayTrack
{
    public RelayTrack(StoredState stored, RelayAddress address, bool isOnly)
    {
        Address = address;
        var relay = address.Fingerprint;
        Row = stored.Relay(relay);
        Fetched = Row.Received;
        View = new RelayView(relay, isOnly) { Trimmed = Row.Trimmed };
        foreach (var seen in stored.Seen.Where(s => s.Relay.Span.SequenceEqual(relay.Span))) View.Restore(seen);
        foreach (var blob in stored.Quarantine.Where(q => q.Relay.Span.SequenceEqual(relay.Span))) View.Admit(blob.Sender);
        if (!isOnly) return;
        foreach (var device in stored.Peers.Keys) View.Admit(device);
        Unproved = stored.Ahead.Count(a => a.Hash.IsEmpty);
    }

    public RelayAddress Address { get; }

    /// <summary>What is committed, and the head.</summary>
    public RelayState Row { get; set; }

    /// <summary>Everything up to here was pulled.</summary>
    public Cursor Fetched { get; set; }

    /// <summary>The log is to be read again from its beginning, once nothing is under way.</summary>
    public bool IsToReadAgain { get; set; }

    /// <summary>What comes up to here was read before; zero unless the log is being read again.</summary>
    public Cursor AgainThrough { get; set; }

    /// <summary>The head when reading again began: it is over there. Null unless it has begun.</summary>
    public Cursor? AgainUntil { get; set; }

    /// <summary>Reading again is not over.</summary>
    public bool IsReadingAgain => Stopped is ReadingStoppedReason.None && (IsToReadAgain || AgainUntil is not null);

    /// <summary>Why nothing more is taken from it; None: it is read.</summary>
    public ReadingStoppedReason Stopped { get; set; }

    /// <summary>The first cursor that its log still has, as far as known.</summary>
    public Cursor LogStart { get; set; }

    /// <summary>Places without a body beyond a hole that it has shown: see <see cref="WireLimits.UnprovedMax"/>.</summary>
    public int Unproved { get; set; }

    /// <summary>A head that the relay has not told yet.</summary>
    public static readonly Cursor NextHead = new(ulong.MaxValue);

    /// <summary>It is read up to here though it is not the reader: another relay's log is gone where it was never read.</summary>
    public Cursor CheckThrough { get; set; }

    /// <summary>This device's last sequence there, by the last WELCOME.</summary>
    public ulong Own { get; set; }

    public RelayView View { get; }
}
