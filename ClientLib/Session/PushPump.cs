using System.Threading.Channels;
using ZeroK.Client.Outbox;
using ZeroK.Client.Sync;
using NewChannel = System.Threading.Channels.Channel;

namespace ZeroK.Client.Session;

/// <summary>Carries out what <see cref="PushMachine"/> decides, and tells it what happened.</summary>
internal sealed class PushPump(int relay, RelaySession session, DurableOutbox outbox, EventHub events, SyncOptions options, Random jitter, Action changed)
{
    private readonly PushMachine _machine = new(session.Welcome, outbox.Lane(relay).State.Delivered, options, jitter);
    private readonly Channel<Task<PushInput>> _inputs = NewChannel.CreateUnbounded<Task<PushInput>>(new UnboundedChannelOptions { SingleReader = true });

    /// <summary>Runs until cancelled.</summary>
    /// <exception cref="SessionFailedException">The session can't go on.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            PushInput input = new PushInput.Changed();
            while (true)
            {
                var changed = outbox.Changed.Next;
                Step(input, ending.Token);
                input = await NextAsync(changed, ending.Token).ConfigureAwait(false);
            }
        }
        finally
        {
            await ending.CancelAsync().ConfigureAwait(false);
        }
    }

    private async Task<PushInput> NextAsync(Task changed, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (_inputs.Reader.TryRead(out var happened)) return await happened.ConfigureAwait(false);
            var more = _inputs.Reader.WaitToReadAsync(cancellationToken).AsTask();
            if (await Task.WhenAny(more, changed).ConfigureAwait(false) == changed) return new PushInput.Changed();
            await more.ConfigureAwait(false);
        }
    }

    private void Step(PushInput happened, CancellationToken cancellationToken)
    {
        for (PushInput? input = happened, next = null; input is not null; (input, next) = (next, null))
            foreach (var effect in _machine.Step(input, outbox.Lane(relay).State.IsGivenUp, options.Time.GetUtcNow())) next = Execute(effect, cancellationToken);
    }

    // What it answers is the next input; only the last effect of a step has an answer at once.
    private PushInput.HasRead? Execute(PushEffect effect, CancellationToken cancellationToken)
    {
        switch (effect)
        {
            case PushEffect.Read read:
                return new PushInput.HasRead(outbox.Read(read.From, read.Blobs, read.Bytes));
            case PushEffect.Send send:
                Later(RequestAsync(send, cancellationToken));
                break;
            case PushEffect.Acknowledge acknowledge:
                outbox.Acknowledged(relay, acknowledge.Entries);
                break;
            case PushEffect.Refuse refuse:
                outbox.Refused(relay, refuse.Why);
                break;
            case PushEffect.Review:
                changed();
                break;
            case PushEffect.Tell tell:
                events.Publish(tell.Happened);
                break;
            case PushEffect.Wait wait:
                Later(WaitAsync(wait.Delay, cancellationToken));
                break;
            case PushEffect.End end:
                throw new SessionFailedException(end.Why);
            default:
                throw new InvalidOperationException($"No row for {effect.GetType().Name}.");
        }

        return null;
    }

    // What is under way tells the machine when it is through; if it failed, the session ends.
    private void Later(Task<PushInput> happens) => _ = happens.ContinueWith(_inputs.Writer.TryWrite, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);

    private async Task<PushInput> RequestAsync(PushEffect.Send send, CancellationToken cancellationToken)
    {
        using var activity = ClientTelemetry.Source.StartActivity("zerok.send");
        activity?.SetTag("blobs", send.Entries.Count);
        return new PushInput.Answered(send.Sending, await session.RequestAsync(send.Message, cancellationToken).ConfigureAwait(false));
    }

    private async Task<PushInput> WaitAsync(TimeSpan delay, CancellationToken cancellationToken)
    {
        await Task.Delay(delay, options.Time, cancellationToken).ConfigureAwait(false);
        return new PushInput.Elapsed();
    }
}
