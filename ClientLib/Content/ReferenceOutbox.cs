using ZeroK.Client.Envelopes;
using ZeroK.Client.Keys;
using ZeroK.Client.Outbox;
using ZeroK.Wire;

namespace ZeroK.Client.Content;

/// <summary>References through the device's durable outbox.</summary>
internal sealed class ReferenceOutbox(DurableOutbox outbox, KeyRing keys, GroupId group, DeviceId self) : IReferenceOutbox
{
    private const int PageBlobs = 64;

    public ulong LastSequence => outbox.Counters.LastSequence;

    public async Task PushAsync(ContentReference reference, CancellationToken cancellationToken) =>
        await outbox.PushAsync(reference.ToBytes(), reference.Name, cancellationToken).ConfigureAwait(false);

    public bool? WasPushed(ContentReference reference, ulong after)
    {
        var (last, durable, _, _) = outbox.Counters;
        if (last == after) return false;
        for (var from = Math.Max(after, durable) + 1; from <= last;)
        {
            var page = outbox.Read(from, PageBlobs, WireLimits.PushBytesMax);
            if (page.Count == 0) break;
            foreach (var entry in page)
                if (Envelope.TryOpen(keys, group, self, entry.Id, entry.Envelope.Span, out var blob) == UndecryptableReason.None && ContentReference.TryRead(blob.Payload.Span, out var pushed) && pushed.Id == reference.Id) return true;
            from = page[^1].Sequence + 1;
        }

        // Those that the relay has are no longer here to be looked at.
        return durable > after ? null : false;
    }
}
