using ZeroK.Content;
using ZeroK.Wire;

namespace ZeroK.Client.Content;

// Seal, keep, send, refer: in this order, so that a reference in the group's order always has its content on the relay.
internal sealed partial class ContentService
{
    /// <inheritdoc cref="SyncClient.PutContentAsync"/>
    public async Task<ContentReference> PutAsync(Stream source, ContentOptions options, IProgress<ContentProgress>? progress, CancellationToken cancellationToken)
    {
        var reference = await SealWithPreviewAsync(source, options, progress, cancellationToken).ConfigureAwait(false);
        return await KeepAndSendAsync(reference, [.. WithPreview(reference)], progress, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc cref="SyncClient.PutCollectionAsync"/>
    public async Task<ContentReference> PutCollectionAsync(IReadOnlyList<ContentMember> members, ContentOptions options, IProgress<ContentProgress>? progress, CancellationToken cancellationToken)
    {
        var (reference, objects) = await SealCollectionAsync(members, options, progress, cancellationToken).ConfigureAwait(false);
        return await KeepAndSendAsync(reference, objects, progress, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Seals a content and keeps it to be sent. When this returns, it survives a crash.</summary>
    public async Task<ContentReference> SealAndKeepAsync(Stream source, ContentOptions options, IProgress<ContentProgress>? progress, CancellationToken cancellationToken)
    {
        var reference = await SealWithPreviewAsync(source, options, progress, cancellationToken).ConfigureAwait(false);
        KeepSealed(reference, [.. WithPreview(reference)]);
        return reference;
    }

    /// <inheritdoc cref="SealAndKeepAsync(Stream, ContentOptions, IProgress{ContentProgress}?, CancellationToken)"/>
    public async Task<ContentReference> SealAndKeepAsync(IReadOnlyList<ContentMember> members, ContentOptions options, IProgress<ContentProgress>? progress, CancellationToken cancellationToken)
    {
        var (reference, objects) = await SealCollectionAsync(members, options, progress, cancellationToken).ConfigureAwait(false);
        KeepSealed(reference, objects);
        return reference;
    }

    /// <summary>Asks a relay that is connected whether there is room, before anything is sealed. One that is not is asked when the content is sent.</summary>
    /// <exception cref="ContentTransferException">There is not; nothing is kept.</exception>
    public async Task CheckRoomAsync(IReadOnlyList<ContentOptions> options, IReadOnlyList<Stream> sources, CancellationToken cancellationToken)
    {
        if (!_port.IsConnected) return;
        var lengths = options.Zip(sources).Select(p => LengthOf(p.Second, p.First)).Concat(options.Select(o => o.Preview).OfType<Stream>().Select(p => LengthOf(p, ContentOptions.Default))).ToList();
        var needed = lengths.Sum(l => new SealedLayout(l).SealedLength) + ((lengths.Count - 1L) * WireLimits.ContentObjectBytes);
        try
        {
            await _port.AskRoomAsync(needed, cancellationToken).ConfigureAwait(false);
        }
        catch (ContentRefusedException e) when (e.Quota is not null)
        {
            throw Stopped(e, null);
        }
        catch (Exception e) when (e is ContentRefusedException or IOException or SyncException)
        {
            // No answer now: as if there was no connection.
            return;
        }
    }

    /// <inheritdoc cref="SyncClient.ResumePutAsync"/>
    public async Task<ContentReference> ResumePutAsync(ContentId id, IProgress<ContentProgress>? progress, CancellationToken cancellationToken)
    {
        using var running = Begin(TransferKind.Put, id);
        if (!_records.TryGetValue((TransferKind.Put, id), out var record)) throw new ArgumentException("There is no such unfinished transfer on this device.", nameof(id));
        return await SendAsync(record, progress, cancellationToken).ConfigureAwait(false);
    }

    // Members first, the manifest last: who sees the collection can fetch all of it.
    private async Task<(ContentReference Reference, IReadOnlyList<ContentReference> Objects)> SealCollectionAsync(IReadOnlyList<ContentMember> members, ContentOptions options, IProgress<ContentProgress>? progress, CancellationToken cancellationToken)
    {
        Manifest.Check(members);
        var made = new List<ContentReference>(members.Count);
        try
        {
            foreach (var member in members) made.Add(await SealWithPreviewAsync(member.Source, member.Options, progress, cancellationToken).ConfigureAwait(false));
            using var manifest = new MemoryStream(Manifest.Write(made));
            made.Add(await SealWithPreviewAsync(manifest, options with { Length = manifest.Length }, null, cancellationToken).ConfigureAwait(false) with { Kind = ContentKind.Collection });
        }
        catch
        {
            foreach (var item in made.SelectMany(WithPreview)) _store.Discard(TransferKind.Put, item.Id);
            throw;
        }

        return (made[^1], [.. made.SelectMany(WithPreview)]);
    }

    private void KeepSealed(ContentReference reference, IReadOnlyList<ContentReference> objects)
    {
        try
        {
            Keep(new TransferRecord { Kind = TransferKind.Put, Reference = reference, Objects = objects });
        }
        catch
        {
            foreach (var item in objects) _store.Discard(TransferKind.Put, item.Id);
            throw;
        }
    }

    private static long LengthOf(Stream source, ContentOptions options)
    {
        var length = options.Length ?? (source.CanSeek ? source.Length - source.Position : throw new ArgumentException("The stream can't tell its length: give it in ContentOptions.Length.", nameof(source)));
        return length is >= 0 and <= SealedLayout.LengthMax ? length : throw new ArgumentException($"A content has 0 to {SealedLayout.LengthMax} bytes.", nameof(options));
    }

    private async Task<ContentReference> KeepAndSendAsync(ContentReference reference, IReadOnlyList<ContentReference> objects, IProgress<ContentProgress>? progress, CancellationToken cancellationToken)
    {
        using var running = Begin(TransferKind.Put, reference.Id);
        KeepSealed(reference, objects);
        return await SendAsync(_records[(TransferKind.Put, reference.Id)], progress, cancellationToken).ConfigureAwait(false);
    }

    private async Task<ContentReference> SendAsync(TransferRecord record, IProgress<ContentProgress>? progress, CancellationToken cancellationToken)
    {
        var meter = new Meter(progress, ContentPhase.Sending, record.Objects.Sum(o => o.SealedLength));
        try
        {
            while (record.Objects.Count > 0)
            {
                var item = record.Objects[0];
                await using (var port = _port.ForTransfer())
                using (var stage = _store.Open(TransferKind.Put, item.Id))
                    await new Upload(port, _window, item, stage, new Retries(_options), meter.Report).RunAsync(cancellationToken).ConfigureAwait(false);
                meter.Next(item.SealedLength);
                record = record with { Objects = [.. record.Objects.Skip(1)] };
                Keep(record);
                _store.Discard(TransferKind.Put, item.Id);
            }

            await ReferAsync(record, cancellationToken).ConfigureAwait(false);
            return record.Reference;
        }
        catch (Exception e) when (e is ContentRefusedException or IOException or SyncException)
        {
            throw Stopped(e is SyncException refused ? new ContentRefusedException(refused.Code, 0, refused.Message) : e, record.Id);
        }
    }

    // A crash between the push and the removal of the record: the outbox knows whether the push happened.
    private async Task ReferAsync(TransferRecord record, CancellationToken cancellationToken)
    {
        if (record.PushedAfter == 0 || _outbox.WasPushed(record.Reference, record.PushedAfter - 1) != true)
        {
            Keep(record with { PushedAfter = _outbox.LastSequence + 1 });
            await _outbox.PushAsync(record.Reference, cancellationToken).ConfigureAwait(false);
        }

        Forget(record);
    }

    private async Task<ContentReference> SealWithPreviewAsync(Stream source, ContentOptions options, IProgress<ContentProgress>? progress, CancellationToken cancellationToken)
    {
        ContentReference.Check(options.Name, options.MediaType);
        ContentReference.Check(null, options.PreviewMediaType);
        var reference = await SealAsync(source, options, progress, cancellationToken).ConfigureAwait(false);
        if (options.Preview is null) return reference;
        try
        {
            return reference with { Preview = await SealAsync(options.Preview, new ContentOptions { MediaType = options.PreviewMediaType }, null, cancellationToken).ConfigureAwait(false) };
        }
        catch
        {
            _store.Discard(TransferKind.Put, reference.Id);
            throw;
        }
    }

    private async Task<ContentReference> SealAsync(Stream source, ContentOptions options, IProgress<ContentProgress>? progress, CancellationToken cancellationToken)
    {
        var length = LengthOf(source, options);
        var id = ContentId.New();
        var meter = new Meter(progress, ContentPhase.Sealing, length);
        try
        {
            using var cipher = new SegmentCipher(_keys, id, new SealedLayout(length));
            using var stage = _store.Open(TransferKind.Put, id);
            var hash = await ContentSealer.SealAsync(cipher, source, stage, new Sealing(meter), cancellationToken).ConfigureAwait(false);
            return new ContentReference { Id = id, Epoch = _keys.Epoch, Length = length, Hash = hash, Name = options.Name, MediaType = options.MediaType };
        }
        catch (Exception e)
        {
            _store.Discard(TransferKind.Put, id);
            if (e is not IOException) throw;
            throw e is ContentException
                ? new ContentTransferException(ErrorCode.None, e.Message, e)
                : new ContentTransferException(ErrorCode.None, $"The content can't be read, or its sealed copy can't be written on this device: {e.Message} Nothing was sent; make room and put it again.", e);
        }
    }

    private sealed class Sealing(Meter meter) : IProgress<long>
    {
        public void Report(long value) => meter.Report(value, 0);
    }
}
