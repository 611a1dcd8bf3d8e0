using ZeroK.Client.Store;
using ZeroK.Wire;

namespace ZeroK.Client.Session;

/// <summary>What happens to the way of the outbox to one relay.</summary>
internal abstract record PushInput
{
    /// <summary>The outbox may have more, or this session has just begun.</summary>
    internal sealed record Changed : PushInput;

    /// <summary>What <see cref="PushEffect.Read"/> asked for.</summary>
    /// <param name="Entries">In sequence order; empty if there is nothing yet.</param>
    internal sealed record HasRead(IReadOnlyList<OutboxEntry> Entries) : PushInput;

    /// <summary>The relay answered a <see cref="PushEffect.Send"/>.</summary>
    /// <param name="Sending">Which one.</param>
    /// <param name="Answer">PUSH_ACK, ERROR, or what does not belong here.</param>
    internal sealed record Answered(int Sending, WireMessage Answer) : PushInput;

    /// <summary>The time of <see cref="PushEffect.Wait"/> is over.</summary>
    internal sealed record Elapsed : PushInput;
}

/// <summary>What to do about it, in this order. A step of the outbox that fails ends the session.</summary>
internal abstract record PushEffect
{
    /// <summary>Read the outbox from a sequence on, then say HasRead.</summary>
    internal sealed record Read(ulong From, int Blobs, long Bytes) : PushEffect;

    /// <summary>Send a PUSH, and say Answered with its answer.</summary>
    /// <param name="Sending">Names it; no part of the message.</param>
    internal sealed record Send(int Sending, IReadOnlyList<OutboxEntry> Entries) : PushEffect
    {
        public Push Message => new([.. Entries.Select(e => new PushBlob(e.Id, e.Sequence, e.Envelope))]);
    }

    /// <summary>Note in the outbox that the relay has these and all before them.</summary>
    internal sealed record Acknowledge(IReadOnlyList<(OutboxEntry Entry, Cursor Cursor)> Entries) : PushEffect;

    /// <summary>Note in the outbox that the relay refused its next blob for good.</summary>
    internal sealed record Refuse(SyncException Why) : PushEffect;

    /// <summary>Choose the primary anew: this relay takes no pushes.</summary>
    internal sealed record Review : PushEffect;

    /// <summary>Tell the app.</summary>
    internal sealed record Tell(SyncEvent Happened) : PushEffect;

    /// <summary>Wait, then say Elapsed.</summary>
    internal sealed record Wait(TimeSpan Delay) : PushEffect;

    /// <summary>End the session.</summary>
    internal sealed record End(SessionInput.Failed Why) : PushEffect;
}

/// <summary>Sends the outbox through one session: in sequence order, several PUSHes under way, each acknowledged prefix leaves the outbox. After a refusal it goes back to the first blob that was not acknowledged. Pure: time and randomness are passed in.</summary>
/// <remarks>Answers count in the order of the PUSHes, whatever the order in which they come.</remarks>
/// <param name="welcome">The session's.</param>
/// <param name="delivered">The relay has acknowledged every sequence up to here.</param>
/// <param name="options">The window and the waits.</param>
/// <param name="jitter">Drawn from for each wait.</param>
internal sealed class PushMachine(Welcome welcome, ulong delivered, SyncOptions options, Random jitter)
{
    private readonly PushWindow _window = new(delivered, welcome.LastSequence > 0, options.PushWindowBlobs, options.PushWindowBytes);
    private readonly Queue<Sending> _underWay = new();
    private readonly int _blobsMax = (int)Math.Min(welcome.Limits.PushBlobsMax, WireLimits.PushBlobsMax);
    private readonly long _bytesMax = Math.Min(welcome.Limits.PushBytesMax, WireLimits.PushBytesMax);
    private ulong _delivered = delivered;
    private int _lastSending, _refusals;
    private ErrorCode _told;
    private uint? _retryAfterMs;
    private bool _isOver;

    /// <summary>One step.</summary>
    /// <param name="input">What happened.</param>
    /// <param name="isGivenUp">The outbox keeps nothing for this relay any more.</param>
    /// <param name="now">The clock.</param>
    public IReadOnlyList<PushEffect> Step(PushInput input, bool isGivenUp, DateTimeOffset now)
    {
        if (_isOver) return [];
        var effects = new List<PushEffect>();
        switch (input)
        {
            case PushInput.HasRead { Entries.Count: 0 }:
                return [];
            case PushInput.HasRead read:
                Send(read.Entries, effects);
                break;
            case PushInput.Answered answered:
                try
                {
                    Take(answered, now, effects);
                }
                catch (SessionFailedException e)
                {
                    _isOver = true;
                    effects.Add(new PushEffect.End(e.Failure));
                    return effects;
                }

                break;
            case PushInput.Elapsed:
                _window.Resume(_delivered);
                break;
        }

        if (!isGivenUp && _window.Room(_blobsMax, _bytesMax) is var (from, blobs, bytes)) effects.Add(new PushEffect.Read(from, blobs, bytes));
        return effects;
    }

    private void Send(IReadOnlyList<OutboxEntry> entries, List<PushEffect> effects)
    {
        _window.Sent(entries);
        _underWay.Enqueue(new Sending(++_lastSending, entries));
        effects.Add(new PushEffect.Send(_lastSending, entries));
    }

    private void Take(PushInput.Answered answered, DateTimeOffset now, List<PushEffect> effects)
    {
        foreach (var sending in _underWay)
            if (sending.Id == answered.Sending) sending.Answer = answered.Answer;
        while (_underWay.TryPeek(out var first) && first.Answer is { } answer)
        {
            _underWay.Dequeue();
            _window.Returned(first.Entries);

            // After a refusal the rest only comes back: what it says counts when it is sent again.
            if (_retryAfterMs is null) Settle(first.Entries, answer, now, effects);
        }

        if (_retryAfterMs is { } asked && _underWay.Count == 0) TryAgain(asked, effects);
    }

    private void Settle(IReadOnlyList<OutboxEntry> entries, WireMessage answer, DateTimeOffset now, List<PushEffect> effects)
    {
        var results = answer switch
        {
            PushAck ack when ack.Results.Count == entries.Count => ack.Results,
            ErrorMessage error => [.. entries.Select(e => new PushResult(e.Id, error.Code, Cursor.Zero, 0, error.RetryAfterMs))],
            _ => throw new SessionFailedException(false, ErrorCode.InvalidMessage, 0, "The relay answered a push with something else."),
        };
        var settled = PushWindow.Settle(entries, results, _delivered);
        if (settled.Accepted.Count > 0)
        {
            _delivered = Math.Max(_delivered, settled.Accepted[^1].Entry.Sequence);
            (_refusals, _told) = (0, ErrorCode.None);
            _window.Taken();
            effects.Add(new PushEffect.Acknowledge(settled.Accepted));
        }

        if (settled is { Refused: { } entry, Result: { } refused }) Refused(entry, refused, now, effects);
    }

    // The first blob that is not acknowledged was refused: what is under way comes back, then it begins again at that blob.
    private void Refused(OutboxEntry entry, PushResult refused, DateTimeOffset now, List<PushEffect> effects)
    {
        _window.Pause();
        if (_told != refused.Code) effects.Add(new PushEffect.Tell(new PushRefused(now, entry.Sequence, refused.Code, ErrorCodes.RetryOf(refused.Code) != Retry.Never, WhatToDo.About(refused.Code))));
        _told = refused.Code;
        var what = PushWindow.RefusalOf(refused.Code);
        if (what == PushRefusal.TryAgain)
        {
            _retryAfterMs = refused.RetryAfterMs;
            return;
        }

        effects.Add(new PushEffect.Refuse(new SyncException(refused.Code, WhatToDo.About(refused.Code))));
        if (what == PushRefusal.EndSession) throw SessionFailedException.Of(refused.Code, 0);
        effects.Add(new PushEffect.Review());
    }

    private void TryAgain(uint askedMs, List<PushEffect> effects)
    {
        _retryAfterMs = null;
        var delay = SessionMachine.FullJitter(_refusals++, options.BackoffFirst, options.BackoffMax, jitter.NextDouble());
        var asked = TimeSpan.FromMilliseconds(Math.Min(askedMs, options.BackoffMax.TotalMilliseconds));
        effects.Add(new PushEffect.Wait(delay > asked ? delay : asked));
    }

    private sealed class Sending(int id, IReadOnlyList<OutboxEntry> entries)
    {
        public int Id => id;

        public IReadOnlyList<OutboxEntry> Entries => entries;

        public WireMessage? Answer { get; set; }
    }
}
