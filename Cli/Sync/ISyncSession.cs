using ZeroK.Client;
using ZeroK.Wire;

namespace ZeroK.Cli.Sync;

/// <summary>A running sync of one device, as the verbs use it: the client library's <see cref="SyncClient"/>, or a twin in tests.</summary>
internal interface ISyncSession : IAsyncDisposable
{
    /// <summary>This device.</summary>
    DeviceId Self { get; }

    /// <summary>This device's name.</summary>
    string Name { get; }

    /// <summary>Its group.</summary>
    GroupInfo Group { get; }

    /// <inheritdoc cref="SyncClient.Status"/>
    SyncStatus Status { get; }

    /// <inheritdoc cref="SyncClient.PushAsync(ReadOnlyMemory{byte}, string, CancellationToken)"/>
    Task<Pushed> PushAsync(ReadOnlyMemory<byte> payload, string? label, CancellationToken cancellationToken);

    /// <inheritdoc cref="SyncClient.ReceiveAsync"/>
    IAsyncEnumerable<Incoming> ReceiveAsync(CancellationToken cancellationToken);

    /// <inheritdoc cref="SyncClient.EventsAsync"/>
    IAsyncEnumerable<SyncEvent> EventsAsync(CancellationToken cancellationToken);

    /// <inheritdoc cref="SyncClient.FlushAsync"/>
    Task FlushAsync(CancellationToken cancellationToken);

    /// <inheritdoc cref="SyncClient.CaughtUpAsync"/>
    Task<Cursor> CaughtUpAsync(CancellationToken cancellationToken);

    /// <inheritdoc cref="SyncClient.ListDevicesAsync"/>
    Task<IReadOnlyList<GroupDevice>> ListDevicesAsync(CancellationToken cancellationToken);

    /// <inheritdoc cref="SyncClient.PeekAsync"/>
    Task<PeekResult> PeekAsync(Cursor after, int limit, CancellationToken cancellationToken);

    /// <inheritdoc cref="SyncClient.DeleteAsync"/>
    Task<IReadOnlyList<RelayAddress>> DeleteAsync(IReadOnlyCollection<BlobId> blobs, CancellationToken cancellationToken);

    /// <summary>Large contents.</summary>
    IContentSession Contents { get; }

    /// <inheritdoc cref="SyncClient.RetryUndecryptableAsync"/>
    Task<int> RetryUndecryptableAsync(CancellationToken cancellationToken);
}

/// <summary>Large contents, as the verbs use them: <see cref="SyncClient"/>, or a twin in tests.</summary>
internal interface IContentSession
{
    /// <inheritdoc cref="SyncClient.ContentTransfers"/>
    IReadOnlyList<ContentTransfer> Transfers { get; }

    /// <inheritdoc cref="SyncClient.QueueContentAsync"/>
    Task<ContentReceipt> QueueAsync(Stream source, ContentOptions options, IProgress<ContentProgress> progress, CancellationToken cancellationToken);

    /// <inheritdoc cref="SyncClient.QueueCollectionAsync"/>
    Task<ContentReceipt> QueueCollectionAsync(IReadOnlyList<ContentMember> members, ContentOptions options, IProgress<ContentProgress> progress, CancellationToken cancellationToken);

    /// <inheritdoc cref="SyncClient.ResumePutAsync"/>
    Task<ContentReference> ResumePutAsync(ContentId transfer, IProgress<ContentProgress> progress, CancellationToken cancellationToken);

    /// <inheritdoc cref="SyncClient.DropContentTransferAsync"/>
    Task<bool> DropAsync(ContentId transfer, CancellationToken cancellationToken);

    /// <inheritdoc cref="SyncClient.GetContentAsync"/>
    Task GetAsync(ContentReference reference, Stream destination, IProgress<ContentProgress> progress, CancellationToken cancellationToken);

    /// <inheritdoc cref="SyncClient.GetContentRangeAsync"/>
    Task GetRangeAsync(ContentReference reference, long offset, long length, Stream destination, IProgress<ContentProgress> progress, CancellationToken cancellationToken);

    /// <inheritdoc cref="SyncClient.GetManifestAsync"/>
    Task<IReadOnlyList<ContentReference>> GetManifestAsync(ContentReference collection, CancellationToken cancellationToken);

    /// <inheritdoc cref="SyncClient.IsContentAsync"/>
    Task<bool> IsContentAsync(ContentReference reference, Stream source, CancellationToken cancellationToken);

    /// <inheritdoc cref="SyncClient.ReleaseContentAsync"/>
    Task ReleaseAsync(ContentReference reference, CancellationToken cancellationToken);
}

/// <summary>Opens sessions.</summary>
internal interface ISessionFactory
{
    /// <summary>Opens the device in a directory and starts to sync it; or, where another process of this user does that already, works through that one.</summary>
    /// <param name="directory">The device's directory.</param>
    /// <param name="options">How to sync.</param>
    /// <param name="alone">This one wants the device for itself: another process is not worked through.</param>
    /// <param name="cancellationToken">Gives up, and ends what others do through this session.</param>
    /// <exception cref="DeviceException">There is no device, it has no group, or it is in use.</exception>
    Task<ISyncSession> OpenAsync(string directory, SyncOptions options, bool alone, CancellationToken cancellationToken);
}

/// <summary>What was put in the outbox; <see cref="PushReceipt"/>.</summary>
internal sealed record Pushed(ulong Sequence, BlobId BlobId, Task<Cursor> Durable);

/// <summary>A blob of another device; <see cref="ReceivedBlob"/>.</summary>
internal sealed record Incoming(DeviceId Sender, ulong Sequence, Cursor Cursor, DateTimeOffset SentAt, string? Label, ReadOnlyMemory<byte> Payload)
{
    /// <summary>A constant: names and labels are the users' own.</summary>
    public override string ToString() => "[blob]";

    /// <summary>Says that it, and all before it, needn't come again.</summary>
    public Func<CancellationToken, ValueTask> AckAsync { get; init; } = _ => ValueTask.CompletedTask;
}
