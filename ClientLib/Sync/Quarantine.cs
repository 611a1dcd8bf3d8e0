using ZeroK.Client.Envelopes;
using ZeroK.Client.Store;
using ZeroK.Wire;

namespace ZeroK.Client.Sync;

/// <summary>What could not be opened, and how much of it is taken from each relay: envelopes up to so many bytes, then hashes, up to so many blobs in all. Pure bookkeeping, under the inbox's gate.</summary>
internal sealed class Quarantine
{
    private readonly Dictionary<(string Relay, Cursor, BlobId), QuarantinedBlob> _blobs;

    // Runs ahead of what is committed, as what came and is not acknowledged takes its room too.
    private readonly Dictionary<(string Relay, Cursor, BlobId), long> _taken;
    private readonly Dictionary<string, (int Blobs, long Bytes)> _tally = [];
    private readonly int _blobsMax;
    private readonly long _bytesMax;

    public Quarantine(IReadOnlyList<QuarantinedBlob> stored, int blobsMax, long bytesMax)
    {
        (_blobsMax, _bytesMax) = (blobsMax, bytesMax);
        _blobs = stored.ToDictionary(KeyOf);
        _taken = [];
        foreach (var blob in stored) Count(KeyOf(blob), blob.Bytes);
    }

    public int Total => _blobs.Count;

    /// <summary>What is committed, without envelopes.</summary>
    public IReadOnlyCollection<QuarantinedBlob> Blobs => _blobs.Values;

    /// <summary>Whether one more of a relay may be taken.</summary>
    public bool HasRoom(ReadOnlyMemory<byte> relay) => Taken(relay).Blobs < _blobsMax;

    /// <summary>Takes a blob as far as there is room.</summary>
    /// <param name="blob">The blob, whole.</param>
    /// <param name="kept">How it is kept: whole, or only its hash where the relay's bytes are used up. Null: it is here already.</param>
    /// <returns>False: the relay has brought as many as are taken from one.</returns>
    public bool Take(QuarantinedBlob blob, out QuarantinedBlob? kept)
    {
        kept = null;
        var key = KeyOf(blob);
        if (_taken.ContainsKey(key)) return true;
        if (!HasRoom(blob.Relay)) return false;
        kept = Taken(blob.Relay).Bytes + blob.Envelope.Length <= _bytesMax ? blob : blob with { Hash = Envelope.Hash(blob.Envelope.Span), Envelope = default, Bytes = 0 };
        Count(key, kept.Bytes);
        return true;
    }

    /// <summary>The kept row of a blob, if it is committed.</summary>
    public QuarantinedBlob? Find(ReadOnlyMemory<byte> relay, Cursor cursor, BlobId id) => _blobs.GetValueOrDefault((Convert.ToHexString(relay.Span), cursor, id));

    /// <summary>It was committed.</summary>
    public void Apply(InboundChange change)
    {
        switch (change)
        {
            case QuarantineAdded { Blob: var added }:
                _blobs[KeyOf(added)] = added with { Envelope = default };
                if (!_taken.ContainsKey(KeyOf(added))) Count(KeyOf(added), added.Bytes);
                break;
            case QuarantineReleased released when Find(released.Relay, released.Cursor, released.Id) is { } held:
                _blobs[KeyOf(held)] = held with { Holds = false };
                break;
            case QuarantineRemoved removed:
                var key = (Convert.ToHexString(removed.Relay.Span), removed.Cursor, removed.Id);
                _blobs.Remove(key);
                if (!_taken.Remove(key, out var bytes)) break;
                var taken = Taken(removed.Relay);
                _tally[key.Item1] = (taken.Blobs - 1, taken.Bytes - bytes);
                break;
            default:
                break;
        }
    }

    /// <summary>Lets go what a relay's log no longer has: below its first cursor.</summary>
    public IReadOnlyList<InboundChange> Passed(ReadOnlyMemory<byte> relay, Cursor start) =>
        [.. _blobs.Values.Where(q => q.Holds && q.Cursor < start && q.Relay.Span.SequenceEqual(relay.Span)).Select(ReleaseOf)];

    /// <summary>Lets go all of a relay's: its log began anew.</summary>
    public IReadOnlyList<InboundChange> All(ReadOnlyMemory<byte> relay) =>
        [.. _blobs.Values.Where(q => q.Holds && q.Relay.Span.SequenceEqual(relay.Span)).Select(ReleaseOf)];

    /// <summary>What lets a row go.</summary>
    public static QuarantineReleased ReleaseOf(QuarantinedBlob blob) => new(blob.Relay, blob.Cursor, blob.Id);

    private (int Blobs, long Bytes) Taken(ReadOnlyMemory<byte> relay) => _tally.GetValueOrDefault(Convert.ToHexString(relay.Span));

    private void Count((string Relay, Cursor, BlobId) key, long bytes)
    {
        _taken[key] = bytes;
        var (blobs, sum) = _tally.GetValueOrDefault(key.Relay);
        _tally[key.Relay] = (blobs + 1, sum + bytes);
    }

    private static (string, Cursor, BlobId) KeyOf(QuarantinedBlob blob) => (Convert.ToHexString(blob.Relay.Span), blob.Cursor, blob.Id);
}
