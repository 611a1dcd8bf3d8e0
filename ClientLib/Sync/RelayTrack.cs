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

    /// <summary>The log is to be read again from its beginning, once nothing is under way.</summary>
    public bool IsToReadAgain { get; set; }

    /// <summary>What comes up to here was read before; zero unless the log is being read again.</summary>
    public Cursor AgainThrough { get; set; }

    /// <summary>The head when reading again began: it is over there. Null unless it has begun.</summary>
    public Cursor? AgainUntil { get; set; }

    /// <summary>Reading again is not over.</summary>
    public bool IsReadingAgain => IsToReadAgain || AgainUntil is not null;

    /// <summary>A head that the relay has not told yet.</summary>
    public static readonly Cursor NextHead = new(ulong.MaxValue);

    /// <summary>It is read up to here though it is not the reader: another relay's log is gone where it was never read.</summary>
    public Cursor CheckThrough { get; set; }

    /// <summary>This device's last sequence there, by the last WELCOME.</summary>
    public ulong Own { get; set; }

    public RelayView View { get; }
}
