using ZeroK.Client.Content;
using ZeroK.Content;

namespace ZeroK.Client;

// Large content: sealed, addressed by its hash, resumable. The work is done in the folder Content.
public sealed partial class SyncClient
{
    private readonly Lock _contentGate = new();
    private string? _transfersDirectory;
    private ITransferStore? _transfers;
    private ContentService? _contents;
    private ContentQueue? _queue;

    private ContentService Contents
    {
        get
        {
            lock (_contentGate)
            {
                ObjectDisposedException.ThrowIf(_isDisposed != 0, this);
                _transfers ??= _transfersDirectory is null ? new MemoryTransferStore() : new FileTransferStore(_transfersDirectory);
                return _contents ??= new ContentService(new RelayContentPort(_relays), _transfers, _parts.Keys, References, _options);
            }
        }
    }

    private ContentQueue Queue
    {
        get
        {
            var contents = Contents;
            lock (_contentGate) return _queue ??= new ContentQueue(contents, _options);
        }
    }

    /// <summary>The relay's content service, and the keys, for scenarios that make what no honest client makes.</summary>
    internal IContentPort ContentPort => new RelayContentPort(_relays);

    /// <summary>As <see cref="PutContentAsync"/>, without asking for room first: for scenarios in which the room goes meanwhile.</summary>
    internal Task<ContentReference> PutUncheckedAsync(Stream source, CancellationToken cancellationToken) => Contents.PutAsync(source, ContentOptions.Default, null, cancellationToken);

    /// <inheritdoc cref="ContentPort"/>
    internal Keys.KeyRing ContentKeys => _parts.Keys;

    /// <summary>Where references go.</summary>
    internal IReferenceOutbox References => new ReferenceOutbox(_parts.Outbox, _parts.Keys, _parts.Group, _parts.Self);

    // Puts that an earlier run left are sent by themselves.
    private void KeepTransfersIn(string directory)
    {
        _transfersDirectory = directory;
        if (!_options.ResumePuts) return;
        try
        {
            if (!FileTransferStore.HasPuts(directory)) return;
            foreach (var put in Contents.Waiting) _ = Queue.Start(put, null);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or DeviceException)
        {
            // Blobs still sync; whoever uses contents next is told.
            return;
        }
    }

    private Task CheckRoomAsync(IReadOnlyList<ContentMember> members, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(members);
        Manifest.Check(members);
        return Contents.CheckRoomAsync([.. members.Select(m => m.Options)], [.. members.Select(m => m.Source)], cancellationToken);
    }

    /// <summary>Puts and gets that are not finished, from this or an earlier run. They go on where they stopped.</summary>
    public IReadOnlyList<ContentTransfer> ContentTransfers => Contents.Transfers;

    /// <summary>Seals a content of any size, sends it to the relay, and then pushes its reference to the group, so that who sees the reference can fetch the content. Waits for the relay.</summary>
    /// <param name="source">Read once, from where it stands to its end; stays the caller's. Its sealed copy is kept in the device's directory until it is sent.</param>
    /// <param name="options">Name, media type, length, preview.</param>
    /// <param name="progress">Told how far it is.</param>
    /// <param name="cancellationToken">Stops; what is sealed by then stays a transfer that <see cref="ResumePutAsync"/> goes on with.</param>
    /// <returns>The reference that was pushed.</returns>
    /// <exception cref="ContentTransferException">It stopped before its end; <see cref="ContentTransferException.Transfer"/> says whether it is kept. The reference was not pushed.</exception>
    /// <exception cref="ArgumentException">The length is not known, or a name is too long.</exception>
    public async Task<ContentReference> PutContentAsync(Stream source, ContentOptions? options = null, IProgress<ContentProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        options ??= ContentOptions.Default;
        await Contents.CheckRoomAsync([options], [source], cancellationToken).ConfigureAwait(false);
        return await Contents.PutAsync(source, options, progress, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Puts several contents under one reference: a manifest lists them, sealed like they are. The reference is pushed when all are on the relay.</summary>
    /// <inheritdoc cref="PutContentAsync" path="/exception"/>
    public async Task<ContentReference> PutCollectionAsync(IReadOnlyList<ContentMember> members, ContentOptions? options = null, IProgress<ContentProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        await CheckRoomAsync(members, cancellationToken).ConfigureAwait(false);
        return await Contents.PutCollectionAsync(members, options ?? ContentOptions.Default, progress, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>As <see cref="PutContentAsync"/>, but returns as soon as the content is sealed here: durable on this device, and sent in the background, also after a restart, as a push is. Needs no connection.</summary>
    /// <returns>The reference, and when the relay has the content.</returns>
    /// <exception cref="ContentTransferException">A relay that is connected has no room for it, or it can't be sealed here. Nothing is kept.</exception>
    /// <exception cref="ArgumentException">The length is not known, or a name is too long.</exception>
    public async Task<ContentReceipt> QueueContentAsync(Stream source, ContentOptions? options = null, IProgress<ContentProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        options ??= ContentOptions.Default;
        await Contents.CheckRoomAsync([options], [source], cancellationToken).ConfigureAwait(false);
        var reference = await Contents.SealAndKeepAsync(source, options, progress, cancellationToken).ConfigureAwait(false);
        return new ContentReceipt(reference, Queue.Start(reference.Id, progress));
    }

    /// <summary>As <see cref="PutCollectionAsync"/>, but returns as soon as all is sealed here, as <see cref="QueueContentAsync"/> does.</summary>
    /// <inheritdoc cref="QueueContentAsync" path="/exception"/>
    public async Task<ContentReceipt> QueueCollectionAsync(IReadOnlyList<ContentMember> members, ContentOptions? options = null, IProgress<ContentProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        await CheckRoomAsync(members, cancellationToken).ConfigureAwait(false);
        var reference = await Contents.SealAndKeepAsync(members, options ?? ContentOptions.Default, progress, cancellationToken).ConfigureAwait(false);
        return new ContentReceipt(reference, Queue.Start(reference.Id, progress));
    }

    /// <summary>Goes on with a put that stopped: sends what the relay doesn't have yet, then pushes the reference.</summary>
    /// <exception cref="ArgumentException">There is no such transfer.</exception>
    /// <exception cref="ContentTransferException">It stopped again.</exception>
    public async Task<ContentReference> ResumePutAsync(ContentId transfer, IProgress<ContentProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        // In the foreground from here on: its progress and its failure are this caller's.
        await Queue.StopAsync(transfer).ConfigureAwait(false);
        return await Contents.ResumePutAsync(transfer, progress, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Fetches a content. Goes on where an earlier try of this device stopped, also after a crash.</summary>
    /// <param name="reference">From <see cref="ReceivedBlob.Content"/>.</param>
    /// <param name="destination">Takes the content, from its start; stays the caller's.</param>
    /// <param name="asItArrives">False: nothing is written before all of it was fetched, verified and opened. True: each segment is written when it was verified and opened, before those that follow.</param>
    /// <param name="progress">Told how far it is.</param>
    /// <param name="cancellationToken">Stops; what was fetched stays.</param>
    /// <exception cref="ContentException">The relay's bytes are not the content. None of them was written.</exception>
    /// <exception cref="ContentTransferException">The relay refused, or doesn't have it.</exception>
    public Task GetContentAsync(ContentReference reference, Stream destination, bool asItArrives = false, IProgress<ContentProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(reference);
        ArgumentNullException.ThrowIfNull(destination);
        return Contents.GetAsync(reference, destination, asItArrives, progress, cancellationToken);
    }

    /// <summary>Fetches a range of a content and no more than the segments that hold it. What is written was verified and opened; nothing is kept for resuming.</summary>
    /// <param name="reference">The content.</param>
    /// <param name="offset">Where it begins, bytes.</param>
    /// <param name="length">Its bytes; cut off at the content's end.</param>
    /// <param name="destination">Takes the range.</param>
    /// <param name="progress">Told how far it is.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <inheritdoc cref="GetContentAsync" path="/exception"/>
    public Task GetContentRangeAsync(ContentReference reference, long offset, long length, Stream destination, IProgress<ContentProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(reference);
        ArgumentNullException.ThrowIfNull(destination);
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        return Contents.GetRangeAsync(reference, offset, length, destination, progress, cancellationToken);
    }

    /// <summary>The members of a collection, in its order, out of the verified manifest.</summary>
    /// <inheritdoc cref="GetContentAsync" path="/exception"/>
    public Task<IReadOnlyList<ContentReference>> GetManifestAsync(ContentReference collection, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(collection);
        return Contents.GetManifestAsync(collection, cancellationToken);
    }

    /// <summary>Whether these bytes are a content, to the last one. Asks nobody: sealing them must give the reference's address.</summary>
    /// <param name="reference">The content.</param>
    /// <param name="source">Read from where it stands; stays the caller's.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <exception cref="ContentTransferException">It was sealed with a key that this device doesn't have.</exception>
    public Task<bool> IsContentAsync(ContentReference reference, Stream source, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(reference);
        ArgumentNullException.ThrowIfNull(source);
        return Contents.IsContentAsync(reference, source, cancellationToken);
    }

    /// <summary>Fetches the members of a collection that this device doesn't have yet. One that can't be fetched doesn't stop the others.</summary>
    /// <param name="collection">The reference.</param>
    /// <param name="open">Makes where a member goes; flushed once when all of it was written, and disposed of here. One that was not flushed is not complete.</param>
    /// <param name="progress">Told how far each member is.</param>
    /// <param name="cancellationToken">Stops; members that have come count the next time.</param>
    /// <returns>Which members are there and which are not: complete only if all are.</returns>
    /// <exception cref="ContentException">The manifest is not what the reference says: no member was fetched by it.</exception>
    public Task<CollectionStatus> GetCollectionAsync(ContentReference collection, Func<ContentReference, CancellationToken, ValueTask<Stream>> open, IProgress<ContentProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(collection);
        ArgumentNullException.ThrowIfNull(open);
        return Contents.GetCollectionAsync(collection, open, progress, cancellationToken);
    }

    /// <summary>Gives up an unfinished transfer: what is kept for it on this device goes, and, where a relay is connected, what that has of an upload.</summary>
    /// <returns>False if there is none.</returns>
    /// <exception cref="InvalidOperationException">Another call of this client is transferring it.</exception>
    public async Task<bool> DropContentTransferAsync(ContentId transfer, CancellationToken cancellationToken = default)
    {
        await Queue.StopAsync(transfer).ConfigureAwait(false);
        return await Contents.DropAsync(transfer, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Tells the relay that the group no longer needs a content (and its preview): its space is free again.</summary>
    /// <exception cref="ContentTransferException">The relay refused.</exception>
    public Task ReleaseContentAsync(ContentReference reference, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(reference);
        return Contents.ReleaseAsync(reference, cancellationToken);
    }
}
