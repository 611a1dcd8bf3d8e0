using ZeroK.Client.Session;
using ZeroK.Wire;

namespace ZeroK.Chaos.Simulation;

// The outbox's way to the relay: carries out what the production's push machine decides.
internal sealed partial class SimSession
{
    private readonly Dictionary<uint, PushEffect.Send> _sendings = [];
    private PushMachine? _push;

    private void BeginPush(Welcome welcome, ulong delivered) =>
        _push = new PushMachine(bug.PushesAtOnce ? welcome with { LastSequence = Math.Max(1, welcome.LastSequence) } : welcome, delivered, device.Options, world.Dice);

    private void Push(PushInput happened)
    {
        for (PushInput? input = happened, next = null; input is not null; (input, next) = (next, null))
        {
            if (_push is not { } machine) return;
            foreach (var effect in machine.Step(input, device.Outbox!.Lane(index).State.IsGivenUp, device.Clock.GetUtcNow())) next = Execute(effect);
        }
    }

    private PushInput.HasRead? Execute(PushEffect effect)
    {
        switch (effect)
        {
            case PushEffect.Read read:
                return new PushInput.HasRead(device.Outbox!.Read(read.From, read.Blobs, read.Bytes));
            case PushEffect.Send send:
                world.Note("sends", device.Index, (long)send.Entries[^1].Sequence);
                _sendings[Ask(send.Message)] = send;
                bug.Sent(device, index, send.Entries);
                break;
            case PushEffect.Acknowledge acknowledge:
                try
                {
                    device.Outbox!.Acknowledged(index, acknowledge.Entries);
                }
                finally
                {
                    device.Acknowledged();
                }

                bug.Acknowledged(device, index, acknowledge.Entries);
                break;
            case PushEffect.Refuse refuse:
                device.Outbox!.Refused(index, refuse.Why);
                break;
            case PushEffect.Review:
                device.Review();
                break;
            case PushEffect.Tell tell:
                device.Happened(tell.Happened);
                break;
            case PushEffect.Wait wait:
                Later((long)wait.Delay.TotalMicroseconds, () => Push(new PushInput.Elapsed()));
                break;
            case PushEffect.End end:
                throw new SessionFailedException(end.Why);
            default:
                throw new InvalidOperationException($"No row for {effect.GetType().Name}.");
        }

        return null;
    }

    private void TakeAnswer(uint id, WireMessage message)
    {
        if (!_sendings.Remove(id, out var sent)) return;
        if (message is PushAck ack)
        {
            var taken = sent.Entries.Zip(ack.Results).Where(p => p.Second.Code == ErrorCode.None).Select(p => (p.First, p.Second.Cursor)).ToList();
            device.Promises.Acknowledged(index, taken.Select(t => t.First.Sequence));
            if (bug.SettlesInAnyOrder && taken.Count > 0) device.Outbox!.Acknowledged(index, taken);
        }

        Push(new PushInput.Answered(sent.Sending, message));
        device.Promises.Delivered(index, device.Outbox!.Lane(index).State.Delivered);
    }
}
