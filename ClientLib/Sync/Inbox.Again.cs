using ZeroK.Wire;

namespace ZeroK.Client.Sync;

// Reading more than the primary's log: again from its beginning, for holes that nothing else fills, or another's, to learn what is gone.
internal sealed partial class Inbox
{
    /// <summary>See <see cref="SyncClient.ReadAgainAsync"/>.</summary>
    public async Task ReadAgainAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            foreach (var track in _tracks) track.IsToReadAgain = true;
        }

        Changed.Pulse();
        while (true)
        {
            var changed = Changed.Next;
            lock (_gate)
            {
                if (!Array.Exists(_tracks, t => t.IsReadingAgain)) return;
            }

            await changed.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Takes back that this device has blobs of a sender: what damage to its state would do. For chaos runs.</summary>
    /// <returns>False while the app has still something to acknowledge: nothing was done.</returns>
    public bool SetBack(DeviceId sender, ulong contiguous)
    {
        lock (_gate)
        {
            if (!_queue.IsEmpty) return false;
            var verdict = _rules.SetBack(sender, contiguous);
            _store.CommitInbound([], verdict.Changes);
            foreach (var change in verdict.Changes) Apply(change);
        }

        Changed.Pulse();
        return true;
    }

    // Under the gate, and no page of this relay is under way.
    private void BeginAgain(RelayTrack track)
    {
        if (!track.IsToReadAgain) return;
        if (track.Fetched > track.AgainThrough) track.AgainThrough = track.Fetched;
        (track.IsToReadAgain, track.AgainUntil, track.Fetched) = (false, track.Row.Head, Cursor.Zero);
        EndAgain(track);
    }

    // Under the gate. Once every log was read again, what is still missing is not to be had.
    private void EndAgain(RelayTrack track)
    {
        if (track.IsToReadAgain || track.AgainUntil is not { } until || track.Fetched < until) return;
        (track.AgainUntil, track.AgainThrough) = (null, Cursor.Zero);
        if (Array.Exists(_tracks, t => t.IsReadingAgain)) return;
        Add(track, null, null, _rules.GiveUpHoles(_time.GetUtcNow()));
        _queue.CommitSkips();
        Changed.Pulse();
    }

    // Under the gate.
    private void CheckOthers(RelayTrack track)
    {
        foreach (var other in _tracks)
            if (other != track) other.CheckThrough = RelayTrack.NextHead;
    }
}
