using ZeroK.Client;
using ZeroK.Client.Session;
using ZeroK.Client.Store;
using ZeroK.Wire;

namespace ZeroK.Chaos.Simulation;

// The outbox's way to the relay, and its answers.
internal sealed partial class SimSession
{
    private void PumpPush()
    {
        while (_window?.Room((int)relay.Limits.PushBlobsMax, relay.Limits.PushBytesMax) is var (from, blobs, bytes))
        {
            if (device.Outbox!.Lane(index).State.IsGivenUp) return;
            var entries = device.Outbox.Read(from, blobs, bytes);
            if (entries.Count == 0) return;
            _window.Sent(entries);
            world.Note("sends", device.Index, (long)entries[^1].Sequence);
            _sendings.Enqueue(new Sending(Ask(new Push([.. entries.Select(e => new PushBlob(e.Id, e.Sequence, e.Envelope))])), entries));
            bug.Sent(device, index, entries);
        }
    }

    // Answers are looked at in the order of the pushes.
    private void TakeAnswer(uint id, WireMessage message)
    {
        foreach (var sending in _sendings.Where(s => s.Id == id))
        {
            sending.Answer = message;
            if (message is not PushAck ack) continue;
            var taken = sending.Entries.Zip(ack.Results).Where(p => p.Second.Code == ErrorCode.None).Select(p => (p.First, p.Second.Cursor)).ToList();
            device.Promises.Acknowledged(index, taken.Select(t => t.First.Sequence));
            if (bug.SettlesInAnyOrder && taken.Count > 0) device.Outbox!.Acknowledged(index, taken);
        }

        while (_sendings.TryPeek(out var first) && first.Answer is { } answer)
        {
            _sendings.Dequeue();
            _window!.Returned(first.Entries);
            if (!_isDraining) Settle(first.Entries, answer);
        }

        device.Promises.Delivered(index, device.Outbox!.Lane(index).State.Delivered);
        if (_isDraining && _sendings.Count == 0) Resume();
    }

    private void Settle(IReadOnlyList<OutboxEntry> entries, WireMessage answer)
    {
        var results = answer is PushAck ack ? ack.Results : [.. entries.Select(e => new PushResult(e.Id, ((ErrorMessage)answer).Code, Cursor.Zero, 0, 100))];
        var settled = PushWindow.Settle(entries, results, device.Outbox!.Lane(index).State.Delivered);
        if (settled.Accepted.Count > 0)
        {
            _refusals = 0;
            try
            {
                device.Outbox.Acknowledged(index, settled.Accepted);
            }
            finally
            {
                device.Acknowledged();
            }

            _window!.Taken();
            bug.Acknowledged(device, index, settled.Accepted);
        }

        if (settled.Result is not { } refused) return;
        _window!.Pause();
        switch (PushWindow.RefusalOf(refused.Code))
        {
            case PushRefusal.TryAgain:
                _isDraining = true;
                break;
            default:
                device.Happened(new PushRefused(device.Clock.GetUtcNow(), settled.Refused!.Sequence, refused.Code, WillRetry: false, ""));
                throw SessionFailedException.Of(refused.Code, 0);
        }
    }

    private void Resume()
    {
        _isDraining = false;
        var wait = SessionMachine.FullJitter(_refusals++, device.Options.BackoffFirst, device.Options.BackoffMax, world.Dice.NextDouble());
        Later((long)wait.TotalMicroseconds, () => _window!.Resume(device.Outbox!.Lane(index).State.Delivered));
    }

    private sealed class Sending(uint id, IReadOnlyList<OutboxEntry> entries)
    {
        public uint Id => id;

        public IReadOnlyList<OutboxEntry> Entries => entries;

        public WireMessage? Answer { get; set; }
    }
}
