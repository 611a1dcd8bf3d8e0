using Azure;
using Azure.Storage;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using Polly;

namespace ZeroK.Storage.AzureBlob;

/// <summary>The requests that the store makes, each with its time limit and tries. A blob that is missing is an answer, not a fault.</summary>
internal sealed class AzureContainer
{
    private readonly BlobContainerClient _container;
    private readonly ResiliencePipeline _pipeline;

    public AzureContainer(AzureBlobOptions options, TimeProvider time)
    {
        var client = new BlobClientOptions();

        // Trying again is the pipeline's; the client library's log would name blobs.
        client.Retry.MaxRetries = 0;
        client.Diagnostics.IsLoggingEnabled = false;
        client.Diagnostics.IsDistributedTracingEnabled = false;
        client.Diagnostics.IsTelemetryEnabled = false;

        // The time limit is the pipeline's too. The client library's own ends a request as if it had been cancelled: it comes later, so that it never comes first.
        client.Retry.NetworkTimeout = TimeSpan.FromSeconds(options.RequestSeconds) * 2;
        _container = options.Connect(client);
        _pipeline = AzurePipeline.Build(options, time);
    }

    public Task CreateAsync(CancellationToken cancel) =>
        AskAsync(async late => await _container.CreateIfNotExistsAsync(PublicAccessType.None, cancellationToken: late), "making its container", cancel);

    /// <summary>Blocks of a blob, in or not yet in it; null if there is no such blob.</summary>
    public Task<IReadOnlyList<(string Id, long Size)>?> BlocksAsync(string blob, CancellationToken cancel) => AskAsync<IReadOnlyList<(string, long)>?>(
        async late =>
        {
            var list = (await _container.GetBlockBlobClient(blob).GetBlockListAsync(BlockListTypes.All, cancellationToken: late)).Value;
            return [.. list.CommittedBlocks.Concat(list.UncommittedBlocks).Select(b => (b.Name, b.SizeLong))];
        },
        "listing blocks",
        missing: null,
        cancel);

    /// <summary>Keeps a block; Azure checks its MD5 on the way in.</summary>
    public Task StageAsync(string blob, string id, ReadOnlyMemory<byte> bytes, CancellationToken cancel) => AskAsync(
        async late =>
        {
            using var body = BinaryData.FromBytes(bytes).ToStream();
            var check = new UploadTransferValidationOptions { ChecksumAlgorithm = StorageChecksumAlgorithm.MD5 };
            return await _container.GetBlockBlobClient(blob).StageBlockAsync(id, body, new BlockBlobStageBlockOptions { TransferValidation = check }, late);
        },
        "writing a block",
        cancel);

    /// <summary>Makes a blob of blocks; those not named are dropped.</summary>
    public Task CommitAsync(string blob, IEnumerable<string> ids, IDictionary<string, string> metadata, CancellationToken cancel) =>
        AskAsync(async late => await _container.GetBlockBlobClient(blob).CommitBlockListAsync(ids, new CommitBlockListOptions { Metadata = metadata }, late), "putting blocks together", cancel);

    /// <summary>A blob's version and metadata; null if there is none.</summary>
    public Task<(string Version, IDictionary<string, string> Metadata)?> PropertiesAsync(string blob, CancellationToken cancel) => AskAsync<(string, IDictionary<string, string>)?>(
        async late =>
        {
            var found = (await _container.GetBlobClient(blob).GetPropertiesAsync(cancellationToken: late)).Value;
            return (found.ETag.ToString(), found.Metadata);
        },
        "asking for an object",
        missing: null,
        cancel);

    /// <summary>Reads a run of a blob, fewer bytes at its end; none if there is no such blob.</summary>
    public Task<ReadOnlyMemory<byte>> ReadAsync(string blob, long offset, int count, CancellationToken cancel) => AskAsync(
        async late => (await _container.GetBlobClient(blob).DownloadContentAsync(new BlobDownloadOptions { Range = new HttpRange(offset, count) }, late)).Value.Content.ToMemory(),
        "reading an object",
        missing: ReadOnlyMemory<byte>.Empty,
        cancel);

    /// <summary>Writes a whole blob; Azure checks its MD5 on the way in.</summary>
    public Task WriteAsync(string blob, ReadOnlyMemory<byte> bytes, CancellationToken cancel) => AskAsync(
        async late =>
        {
            using var body = BinaryData.FromBytes(bytes).ToStream();
            var check = new UploadTransferValidationOptions { ChecksumAlgorithm = StorageChecksumAlgorithm.MD5 };
            return await _container.GetBlockBlobClient(blob).UploadAsync(body, new BlobUploadOptions { TransferValidation = check }, late);
        },
        "writing a body",
        cancel);

    /// <summary>Reads a whole blob; null if there is none.</summary>
    public Task<ReadOnlyMemory<byte>?> ReadAllAsync(string blob, CancellationToken cancel) => AskAsync<ReadOnlyMemory<byte>?>(
        async late => (await _container.GetBlobClient(blob).DownloadContentAsync(late)).Value.Content.ToMemory(),
        "reading a body",
        missing: null,
        cancel);

    /// <summary>A page of the blobs whose names begin so, the time there, and where the next page begins; null after the last.</summary>
    public Task<(IReadOnlyList<(string Name, DateTimeOffset Written)> Blobs, DateTimeOffset Now, string? Next)> ListAsync(string prefix, string? from, CancellationToken cancel) => AskAsync(
        async late =>
        {
            var pages = _container.GetBlobsAsync(BlobTraits.None, BlobStates.None, prefix, late).AsPages(from);
            await foreach (var page in pages.WithCancellation(late))
            {
                IReadOnlyList<(string, DateTimeOffset)> blobs = [.. page.Values.Select(b => (b.Name, b.Properties.LastModified ?? DateTimeOffset.MaxValue))];
                return (blobs, page.GetRawResponse().Headers.Date ?? DateTimeOffset.MinValue, string.IsNullOrEmpty(page.ContinuationToken) ? null : page.ContinuationToken);
            }

            return ([], DateTimeOffset.MinValue, null);
        },
        "listing bodies",
        cancel);

    public Task DeleteAsync(string blob, CancellationToken cancel) =>
        AskAsync(async late => await _container.GetBlobClient(blob).DeleteIfExistsAsync(cancellationToken: late), "deleting an object", cancel);

    // 404: no such blob; 416: it ends before the run.
    private Task<T> AskAsync<T>(Func<CancellationToken, Task<T>> request, string doing, T missing, CancellationToken cancel) => AskAsync(
        async late =>
        {
            try
            {
                return await request(late);
            }
            catch (RequestFailedException e) when (e.Status is 404 or 416 && e.ErrorCode != BlobErrorCode.ContainerNotFound)
            {
                return missing;
            }
        },
        doing,
        cancel);

    private async Task<T> AskAsync<T>(Func<CancellationToken, Task<T>> request, string doing, CancellationToken cancel)
    {
        try
        {
            return await _pipeline.ExecuteAsync(static async (ask, late) => await ask(late), request, cancel);
        }
        catch (Exception e) when (AzureFault.IsOfTheStore(e))
        {
            throw AzureFault.Of(e, doing);
        }
    }
}
