using System.Runtime.CompilerServices;
using ZeroK.Cli.Handover;
using ZeroK.Client;
using ZeroK.Wire;

namespace ZeroK.Cli.Sync;

/// <summary>Opens the client library's sessions.</summary>
internal sealed class ClientSessionFactory : ISessionFactory
{
    public static ClientSessionFactory Instance { get; } = new();

    // A process that starts holds the device a moment before it listens; one that ends, a moment longer.
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(50), LookAtMost = TimeSpan.FromSeconds(3);

    public async Task<ISyncSession> OpenAsync(string directory, SyncOptions options, bool alone, CancellationToken cancellationToken)
    {
        var began = options.Time.GetTimestamp();
        while (true)
        {
            try
            {
                return await OpenHereAsync(directory, options, cancellationToken);
            }
            catch (DeviceException e) when (e.Problem == DeviceProblem.InUse)
            {
                if (!alone && await HandedOverSession.TryOpenAsync(directory, options.Time, cancellationToken) is { } session) return session;
                if (alone || options.Time.GetElapsedTime(began) > LookAtMost)
                    throw new DeviceException(DeviceProblem.InUse, ControlSocket.WhyNone(directory) is { } why ? $"{e.Message} {why}" : e.Message, e);
            }

            await Task.Delay(LookEvery, options.Time, cancellationToken);
        }
    }

    private static async Task<ISyncSession> OpenHereAsync(string directory, SyncOptions options, CancellationToken cancellationToken)
    {
        var device = Device.Open(directory);
        try
        {
            var session = new ClientSession(device, await SyncClient.StartAsync(device, options, cancellationToken));
            session.Listen(cancellationToken);
            return session;
        }
        catch
        {
            device.Dispose();
            throw;
        }
    }
}

/// <summary>A <see cref="SyncClient"/> and its device.</summary>
internal sealed class ClientSession(Device device, SyncClient client) : ISyncSession
{
    private HandoverServer? _server;

    public DeviceId Self => device.Id;

    public string Name => device.Name;

    public GroupInfo Group => device.Group ?? throw new InvalidOperationException("A syncing device has a group.");

    public SyncStatus Status => client.Status;

    public async Task<Pushed> PushAsync(ReadOnlyMemory<byte> payload, string? label, CancellationToken cancellationToken)
    {
        var receipt = await client.PushAsync(payload, label, cancellationToken);
        return new Pushed(receipt.Sequence, receipt.BlobId, receipt.Durable);
    }

    public async IAsyncEnumerable<Incoming> ReceiveAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var blob in client.ReceiveAsync(cancellationToken))
            yield return new Incoming(blob.Sender, blob.Sequence, blob.Cursor, blob.SentAt, blob.Label, blob.Payload) { AckAsync = blob.AckAsync };
    }

    public IAsyncEnumerable<SyncEvent> EventsAsync(CancellationToken cancellationToken) => client.EventsAsync(cancellationToken);

    public Task FlushAsync(CancellationToken cancellationToken) => client.FlushAsync(cancellationToken);

    public Task<Cursor> CaughtUpAsync(CancellationToken cancellationToken) => client.CaughtUpAsync(cancellationToken);

    public Task<IReadOnlyList<GroupDevice>> ListDevicesAsync(CancellationToken cancellationToken) => client.ListDevicesAsync(cancellationToken);

    public Task<PeekResult> PeekAsync(Cursor after, int limit, CancellationToken cancellationToken) => client.PeekAsync(after, limit, cancellationToken);

    public Task<IReadOnlyList<RelayAddress>> DeleteAsync(IReadOnlyCollection<BlobId> blobs, CancellationToken cancellationToken) => client.DeleteAsync(blobs, cancellationToken);

    public Task<int> RetryUndecryptableAsync(CancellationToken cancellationToken) => client.RetryUndecryptableAsync(cancellationToken);

    public IContentSession Contents { get; } = new ClientContents(client);

    /// <summary>Lets other processes of this user work through this session.</summary>
    public void Listen(CancellationToken interrupted) => _server = HandoverServer.TryStart(device.Directory, this, interrupted);

    public async ValueTask DisposeAsync()
    {
        if (_server is not null) await _server.DisposeAsync();
        await client.DisposeAsync();
        device.Dispose();
    }
}

/// <summary>The contents of a <see cref="SyncClient"/>.</summary>
internal sealed class ClientContents(SyncClient client) : IContentSession
{
    public IReadOnlyList<ContentTransfer> Transfers => client.ContentTransfers;

    public Task<ContentReceipt> QueueAsync(Stream source, ContentOptions options, IProgress<ContentProgress> progress, CancellationToken cancellationToken) => client.QueueContentAsync(source, options, progress, cancellationToken);

    public Task<ContentReceipt> QueueCollectionAsync(IReadOnlyList<ContentMember> members, ContentOptions options, IProgress<ContentProgress> progress, CancellationToken cancellationToken) => client.QueueCollectionAsync(members, options, progress, cancellationToken);

    public Task<bool> DropAsync(ContentId transfer, CancellationToken cancellationToken) => client.DropContentTransferAsync(transfer, cancellationToken);

    public Task<ContentReference> ResumePutAsync(ContentId transfer, IProgress<ContentProgress> progress, CancellationToken cancellationToken) => client.ResumePutAsync(transfer, progress, cancellationToken);

    public Task GetAsync(ContentReference reference, Stream destination, IProgress<ContentProgress> progress, CancellationToken cancellationToken) => client.GetContentAsync(reference, destination, asItArrives: false, progress, cancellationToken);

    public Task GetRangeAsync(ContentReference reference, long offset, long length, Stream destination, IProgress<ContentProgress> progress, CancellationToken cancellationToken) => client.GetContentRangeAsync(reference, offset, length, destination, progress, cancellationToken);

    public Task<IReadOnlyList<ContentReference>> GetManifestAsync(ContentReference collection, CancellationToken cancellationToken) => client.GetManifestAsync(collection, cancellationToken);

    public Task<bool> IsContentAsync(ContentReference reference, Stream source, CancellationToken cancellationToken) => client.IsContentAsync(reference, source, cancellationToken);

    public Task ReleaseAsync(ContentReference reference, CancellationToken cancellationToken) => client.ReleaseContentAsync(reference, cancellationToken);
}
