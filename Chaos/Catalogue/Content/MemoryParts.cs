using ZeroK.Client;
using ZeroK.Client.Content;
using ZeroK.Content;

namespace ZeroK.Chaos.Catalogue.Content;

/// <summary>The parts that a <see cref="MemoryContentBench"/> is made of. As they are here they are the product's own; a test puts one with a planted bug in its place, and the promise that it breaks must turn red.</summary>
internal class MemoryParts
{
    /// <summary>A device over its content service.</summary>
    public virtual ContentDevice Device(ContentService service) => new(service);

    /// <summary>What a device finds of its store after a restart.</summary>
    public virtual ITransferStore Reopened(ITransferStore store) => store;

    /// <summary>Where a device's references go.</summary>
    public virtual IReferenceOutbox Outbox(IReferenceOutbox outbox) => outbox;

    /// <summary>The hash of an object.</summary>
    public virtual ContentHash Hash(ReadOnlySpan<byte> bytes) => Blake3.Hash(bytes);
}

/// <summary>What a scenario asks of a device: an operation of its content service each.</summary>
internal class ContentDevice(ContentService service)
{
    public virtual IReadOnlyList<ContentTransfer> Transfers => service.Transfers;

    public virtual Task<ContentReference> PutAsync(Stream source, ContentOptions options, CancellationToken cancellationToken) => service.PutAsync(source, options, null, cancellationToken);

    public virtual Task<ContentReference> ResumePutAsync(ContentId id, CancellationToken cancellationToken) => service.ResumePutAsync(id, null, cancellationToken);

    public virtual Task<ContentReference> PutCollectionAsync(IReadOnlyList<ContentMember> members, ContentOptions options, CancellationToken cancellationToken) => service.PutCollectionAsync(members, options, null, cancellationToken);

    public virtual Task GetAsync(ContentReference reference, Stream destination, bool asItArrives, CancellationToken cancellationToken) => service.GetAsync(reference, destination, asItArrives, null, cancellationToken);

    public virtual Task<IReadOnlyList<ContentReference>> GetManifestAsync(ContentReference collection, CancellationToken cancellationToken) => service.GetManifestAsync(collection, cancellationToken);

    public virtual Task<CollectionStatus> GetCollectionAsync(ContentReference collection, Func<ContentReference, CancellationToken, ValueTask<Stream>> open, CancellationToken cancellationToken) => service.GetCollectionAsync(collection, open, null, cancellationToken);
}
