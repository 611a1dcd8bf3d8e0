using ZeroK.Client.Store;
using ZeroK.Wire;

namespace ZeroK.Client.Sync;

// What this device can't get from any relay any more: noted durably until the app says that it has the group's state from elsewhere.
internal sealed partial class Inbox
{
    private Cursor _needsState;

    /// <summary>What the group pushed before this cursor was lost for this device; zero if nothing was, or the app has it.</summary>
    public Cursor NeedsState
    {
        get
        {
            lock (_gate) return _needsState;
        }
    }

    /// <summary>The app has the state: durable when it returns.</summary>
    /// <exception cref="IOException">It could not be noted.</exception>
    public void StateTaken()
    {
        lock (_gate)
        {
            _store.CommitInbound([], [new StateNeeded(Cursor.Zero)]);
            _needsState = Cursor.Zero;
        }

        Changed.Pulse();
    }

    // What an earlier run noted is told in each later one.
    private void RestoreNeed(StoredState stored)
    {
        _needsState = stored.NeedsState;
        if (_needsState > Cursor.Zero) _events.Publish(new HistoryBegins(_time.GetUtcNow(), _needsState));
    }

    // Under the gate: the relay's row and what it tells of the past are one step.
    private void SaveWelcomed(RelayTrack track, Cursor historyBefore)
    {
        if (historyBefore == Cursor.Zero)
        {
            _store.SaveRelay(track.Row);
            return;
        }

        _store.CommitInbound([track.Row], [new StateNeeded(historyBefore)]);
        _needsState = historyBefore;
        _events.Publish(new HistoryBegins(_time.GetUtcNow(), historyBefore));
    }

    // Under the gate: committed together with what showed it.
    private void NeedState(Verdict verdict, Cursor before)
    {
        if (before <= _needsState) return;
        _needsState = before;
        verdict.Changes.Add(new StateNeeded(before));
    }

    // What was forgotten before this device joined, behind a blob that is kept: the log's start doesn't tell of it.
    private void NeedForgotten(RelayTrack track, PulledBlob blob, Verdict verdict)
    {
        var isFirst = Array.TrueForAll(_tracks, t => t == track || t.Fetched == Cursor.Zero);
        if (blob.State == BlobState.Forgotten && isFirst && blob.Cursor <= track.Row.JoinedAt && blob.Cursor > track.AgainThrough && verdict.Changes.Count > 0) NeedState(verdict, blob.Cursor.Next);
    }
}
