using ZeroK.Wire;

namespace ZeroK.Grains.Groups;

public sealed partial class GroupState
{
    /// <summary>A page for an admitted device: at least one cursor if one is there, the first present blob whatever its size, then as many as fit the request and the relay's limits.</summary>
    /// <param name="id">The reader.</param>
    /// <param name="after">The last cursor that the reader has.</param>
    /// <param name="maxBlobs">At most so many cursors, stubs included; 0 counts as 1.</param>
    /// <param name="maxBytes">At most so many envelope bytes.</param>
    public PageDecision Pull(DeviceId id, Cursor after, uint maxBlobs, uint maxBytes)
    {
        var reader = _devices[id];
        var most = Math.Clamp(maxBlobs, 1, (uint)_options.PullBlobsMax);
        long bytesLeft = Math.Min(maxBytes, (uint)_options.PullBytesMax);
        var start = Later((after > Head ? Head : after).Next, HistoryStart);
        var entries = new List<PageEntry>();
        var hasBody = false;
        for (var cursor = start; cursor <= Head && entries.Count < most; cursor = cursor.Next)
        {
            var entry = _log[cursor] ?? throw new InvalidOperationException($"Cursor {cursor} lies in the kept history and is not kept.");
            var state = entry.Sender == reader ? BlobState.Own : entry.State;
            if (state == BlobState.Present)
            {
                if (hasBody && entry.BodyBytes > bytesLeft) break;
                bytesLeft -= entry.BodyBytes;
                hasBody = true;
            }

            entries.Add(new PageEntry(cursor, state, entry.Sender.Id, entry.Sequence, entry.Blob, entry.ReceivedAtMs, entry.BodyBytes));
        }

        return new PageDecision(start, new Cursor(start.Value - 1 + (ulong)entries.Count), Head, _expiredThrough, entries);
    }
}

/// <summary>A page without its bodies.</summary>
/// <param name="Start">The first cursor; later than the one after the reader's if what lies between is no longer kept.</param>
/// <param name="Through">The last cursor; Start - 1 if nothing is there.</param>
/// <param name="Head">The last readable cursor.</param>
/// <param name="ExpiredThrough">Up to here blobs expired.</param>
/// <param name="Entries">Every cursor from Start to Through.</param>
public sealed record PageDecision(Cursor Start, Cursor Through, Cursor Head, Cursor ExpiredThrough, IReadOnlyList<PageEntry> Entries);

/// <summary>One cursor of a page; its body is to be read if the state is Present.</summary>
public readonly record struct PageEntry(Cursor Cursor, BlobState State, DeviceId Sender, ulong Sequence, BlobId Blob, ulong ReceivedAtMs, int BodyBytes);
