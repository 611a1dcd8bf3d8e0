using ZeroK.Content;
using ZeroK.Wire;

namespace ZeroK.Client.Content;

// Fetch, verify, open.
internal sealed partial class ContentService
{
    /// <inheritdoc cref="SyncClient.GetContentAsync"/>
    public async Task GetAsync(ContentReference reference, Stream destination, bool asItArrives, IProgress<ContentProgress>? progress, CancellationToken cancellationToken)
    {
        using var running = Begin(TransferKind.Get, reference.Id);
        using var cipher = CipherOf(reference);
        var record = new TransferRecord { Kind = TransferKind.Get, Reference = reference };
        if (!_records.ContainsKey((TransferKind.Get, reference.Id))) Keep(record);
        var meter = new Meter(progress, ContentPhase.Fetching, reference.SealedLength);
        using (var stage = _store.Open(TransferKind.Get, reference.Id))
        {
            using (var reader = new SegmentReader(cipher, 0, reference.Length))
                await FetchAsync(reference, stage, reader, asItArrives ? destination : Stream.Null, meter, cancellationToken).ConfigureAwait(false);

            // All of it is here, verified, and opens: now the app gets it.
            if (!asItArrives) await OpenAsync(stage, cipher, destination, cancellationToken).ConfigureAwait(false);
        }

        Forget(record);
    }

    /// <inheritdoc cref="SyncClient.GetContentRangeAsync"/>
    public async Task GetRangeAsync(ContentReference reference, long offset, long length, Stream destination, IProgress<ContentProgress>? progress, CancellationToken cancellationToken)
    {
        using var cipher = CipherOf(reference);
        using var reader = new SegmentReader(cipher, offset, length);
        var start = reader.SealedBytes.Offset;
        var moved = 0L;
        await using var port = _port.ForTransfer();
        await StoppedAsync(
            () => new Download(port, _window, reference, null, reader, new Retries(_options), (at, bytes) => progress?.Report(new ContentProgress(ContentPhase.Fetching, at - start, reader.SealedBytes.Length, moved += bytes))).RunAsync(destination, cancellationToken),
            null).ConfigureAwait(false);
    }

    /// <inheritdoc cref="SyncClient.GetManifestAsync"/>
    public async Task<IReadOnlyList<ContentReference>> GetManifestAsync(ContentReference collection, CancellationToken cancellationToken)
    {
        if (collection.Kind != ContentKind.Collection) throw new ArgumentException("This content is no collection.", nameof(collection));
        if (collection.Length > Manifest.BytesMax) throw new ContentException($"A manifest has at most {Manifest.BytesMax} bytes; this one claims {collection.Length}.");
        using var bytes = new MemoryStream((int)collection.Length);
        await GetRangeAsync(collection, 0, collection.Length, bytes, null, cancellationToken).ConfigureAwait(false);
        return Manifest.TryRead(bytes.GetBuffer().AsSpan(0, (int)bytes.Length), out var members)
            ? members
            : throw new ContentException("The collection's manifest opens, but is not one that this program can read: update it, or ask its sender.");
    }

    /// <inheritdoc cref="SyncClient.GetCollectionAsync"/>
    public async Task<CollectionStatus> GetCollectionAsync(ContentReference collection, Func<ContentReference, CancellationToken, ValueTask<Stream>> open, IProgress<ContentProgress>? progress, CancellationToken cancellationToken)
    {
        using var running = Begin(TransferKind.Collection, collection.Id);
        var members = await GetManifestAsync(collection, cancellationToken).ConfigureAwait(false);
        var record = _records.GetValueOrDefault((TransferKind.Collection, collection.Id)) ?? new TransferRecord { Kind = TransferKind.Collection, Reference = collection };
        var here = record.Objects.Select(o => o.Id).ToHashSet();
        var missing = new List<MissingMember>();
        foreach (var member in members.Where(m => !here.Contains(m.Id)))
        {
            try
            {
                await using (var destination = await open(member, cancellationToken).ConfigureAwait(false))
                {
                    await GetAsync(member, destination, asItArrives: false, progress, cancellationToken).ConfigureAwait(false);
                    await destination.FlushAsync(cancellationToken).ConfigureAwait(false);
                }
            }
            catch (Exception e) when (e is ContentException or ContentTransferException)
            {
                missing.Add(new MissingMember(member, e.Message));
                continue;
            }

            record = record with { Objects = [.. record.Objects, member with { Preview = null }] };
            Keep(record);
        }

        var absent = missing.Select(m => m.Member.Id).ToHashSet();
        if (absent.Count == 0 && _records.ContainsKey((TransferKind.Collection, collection.Id))) Forget(record);
        return new CollectionStatus([.. members.Where(m => !absent.Contains(m.Id))], missing);
    }

    /// <inheritdoc cref="SyncClient.IsContentAsync"/>
    public async Task<bool> IsContentAsync(ContentReference reference, Stream source, CancellationToken cancellationToken)
    {
        if (source.CanSeek && source.Length - source.Position != reference.Length) return false;
        using var cipher = CipherOf(reference);
        using var nowhere = new NoStage();
        try
        {
            return await ContentSealer.SealAsync(cipher, source, nowhere, null, cancellationToken).ConfigureAwait(false) == reference.Hash;
        }
        catch (ContentException)
        {
            // Another length.
            return false;
        }
    }

    private async Task FetchAsync(ContentReference reference, IStagedObject stage, SegmentReader reader, Stream destination, Meter meter, CancellationToken cancellationToken)
    {
        await using var port = _port.ForTransfer();
        try
        {
            await StoppedAsync(() => new Download(port, _window, reference, stage, reader, new Retries(_options), meter.Report).RunAsync(destination, cancellationToken), reference.Id).ConfigureAwait(false);
        }
        catch (ContentException)
        {
            // What verifies against the address but does not open will never do: nothing of it is worth keeping. What was fetched well before a wrong piece is.
            if (!reader.IsRefused) throw;
            Forget(_records[(TransferKind.Get, reference.Id)]);
            throw;
        }
    }

    private static async Task OpenAsync(IStagedObject stage, SegmentCipher cipher, Stream destination, CancellationToken cancellationToken)
    {
        using var reader = new SegmentReader(cipher, 0, cipher.Layout.Length);
        var buffer = LargeBuffers.Rent(4 * SealedLayout.SegmentSize);
        try
        {
            for (long at = 0; at < cipher.Layout.SealedLength;)
            {
                var wanted = (int)Math.Min(4 * SealedLayout.SegmentSize, cipher.Layout.SealedLength - at);
                if (stage.ReadContent(at, buffer.AsSpan(0, wanted)) < wanted) throw new ContentException("The staged copy on this device became shorter while it was read. Get the content again.");
                await reader.AddAsync(buffer.AsMemory(0, wanted), destination, cancellationToken).ConfigureAwait(false);
                at += wanted;
            }
        }
        finally
        {
            LargeBuffers.Return(buffer);
        }
    }

    // What the relay or the network did becomes the app's exception; wrong bytes stay a ContentException.
    private static async Task StoppedAsync(Func<Task> transfer, ContentId? kept)
    {
        try
        {
            await transfer().ConfigureAwait(false);
        }
        catch (Exception e) when (e is ContentRefusedException or SyncException)
        {
            throw Stopped(e is SyncException refused ? new ContentRefusedException(refused.Code, 0, refused.Message) : e, kept);
        }
    }
}
