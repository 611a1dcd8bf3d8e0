using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Specialized;
using Xunit;
using ZeroK.Content;
using ZeroK.Storage.AzureBlob;
using ZeroK.Storage.Content;

namespace ZeroK.Relay.Tests.Content;

public class AzureBlobContentStoreTests(AzuriteFixture azurite) : ContentStoreTests
{
    private const int Piece = 64 * 1024;

    private AzureBlobOptions? _options;

    /// <summary>How the store splits objects.</summary>
    protected virtual long PartBytes => 512L << 20;

    protected override async ValueTask<IContentStore> OpenAsync()
    {
        _options ??= await azurite.NewContainerAsync() with { PartBytes = PartBytes };
        return await AzureBlobContentStore.OpenAsync(_options, TimeProvider.System, CancellationToken.None);
    }

    public override ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Two_relays_that_take_the_same_upload_in_pieces_of_other_sizes_seal_one_object()
    {
        var content = new SomeContent(700_000);
        var key = content.KeyIn(Guid.NewGuid());
        var other = await OpenAsync();
        foreach (var (offset, count) in content.Pieces(Piece))
        {
            await WriteAsync(content, key, offset, count);
            if (offset % (3 * 16_384) == 0) await other.WriteAsync(key, content.Tree, RunOf(content, offset, Math.Min(3 * 16_384, count)), Stop);
        }

        Assert.Equal(700_000, await other.ResumeAsync(key, content.Tree, Stop));
        await other.SealAsync(key, content.Tree, Stop);
        await Store.SealAsync(key, content.Tree, Stop);
        Assert.NotNull(await PieceRules.EncodeAsync(Store, key, content.Tree, content.Tree.All, Stop));
        Assert.NotNull(await PieceRules.EncodeAsync(other, key, content.Tree, content.Tree.All, Stop));
    }

    [Fact]
    public async Task Upload_with_a_hole_is_not_sealed_and_nothing_of_it_is_read()
    {
        var content = new SomeContent(300_000);
        var key = content.KeyIn(Guid.NewGuid());
        foreach (var (offset, count) in content.Pieces(Piece).Where(p => p.Offset != 2 * Piece)) await WriteAsync(content, key, offset, count);
        Assert.Equal(2 * Piece, await Store.ResumeAsync(key, content.Tree, Stop));
        await Assert.ThrowsAsync<ContentStoreException>(async () => await Store.SealAsync(key, content.Tree, Stop));
        Assert.Equal(0, await Store.ReadAsync(key, TreeSource.Content, 0, new byte[16], Stop));
    }

    [Fact]
    public async Task Object_that_was_changed_in_the_container_does_not_verify_and_is_written_anew()
    {
        var content = new SomeContent(300_000);
        var key = content.KeyIn(Guid.NewGuid());
        await WriteAllAsync(content, key);
        await Store.SealAsync(key, content.Tree, Stop);
        await DamageAsync(200_000);
        Assert.Null(await PieceRules.EncodeAsync(Store, key, content.Tree, content.Tree.All, Stop));

        await Store.ReopenAsync(key, Stop);
        Assert.Equal(0, await Store.ReadAsync(key, TreeSource.Content, 0, new byte[16], Stop));
        Assert.Equal(0, await Store.ResumeAsync(key, content.Tree, Stop));
        await WriteAllAsync(content, key);
        await Store.SealAsync(key, content.Tree, Stop);
        var encoding = await PieceRules.EncodeAsync(Store, key, content.Tree, content.Tree.All, Stop);
        Assert.Equal(content.Bytes, content.Decode(0, 300_000, encoding!.Value.Span));
    }

    [Fact]
    public async Task Deleted_upload_leaves_nothing_in_the_container()
    {
        var content = new SomeContent(300_000);
        var key = content.KeyIn(Guid.NewGuid());
        await WriteAllAsync(content, key);
        await Store.DeleteAsync(key, Stop);
        Assert.Equal(0, await Store.ResumeAsync(key, content.Tree, Stop));
        await WriteAllAsync(content, key);
        await Store.SealAsync(key, content.Tree, Stop);
        await Store.DeleteAsync(key, Stop);
        await foreach (var blob in Container().GetBlobsAsync(cancellationToken: Stop)) Assert.Fail("A blob is left: " + blob.Properties.ContentLength);
    }

    [Fact]
    public async Task Neighbouring_runs_are_read_with_few_requests()
    {
        var content = new SomeContent(1_000_000);
        var key = content.KeyIn(Guid.NewGuid());
        await WriteAllAsync(content, key);
        await Store.SealAsync(key, content.Tree, Stop);
        var fresh = await OpenAsync();
        using var requests = new RequestCount();
        for (var offset = 0; offset < 1_000_000; offset += 262_144)
            Assert.NotNull(await PieceRules.EncodeAsync(fresh, key, content.Tree, content.Tree.RangeOf(offset, Math.Min(262_144, 1_000_000 - offset)), Stop));

        // Its properties, a page a quarter, and parents that lie before a page: 77 reads of the encoder.
        Assert.InRange(requests.Count, 4, MostRequests);
    }

    /// <summary>Requests for reading a million bytes in four runs.</summary>
    protected virtual int MostRequests => 14;

    // One byte of the object is another, as if somebody had written into the container.
    private async Task DamageAsync(long position)
    {
        var blobs = new List<string>();
        await foreach (var blob in Container().GetBlobsAsync(cancellationToken: Stop)) blobs.Add(blob.Name);
        var name = blobs.Order(StringComparer.Ordinal).ElementAt((int)(position / PartBytes));
        var client = Container().GetBlockBlobClient(name);
        var metadata = (await client.GetPropertiesAsync(cancellationToken: Stop)).Value.Metadata;
        var bytes = (await client.DownloadContentAsync(Stop)).Value.Content.ToArray();
        bytes[position % PartBytes] ^= 1;
        using var body = new MemoryStream(bytes);
        await client.UploadAsync(body, metadata: metadata, cancellationToken: Stop);
    }

    private BlobContainerClient Container() => new(_options!.ConnectionString, _options.Container);

    private static VerifiedRun RunOf(SomeContent content, long offset, int count) => PieceRules.Verify(content.Hash, content.Tree, offset, count, content.Encode(offset, count))!;
}

/// <summary>The same with objects in many blobs, whose bounds lie anywhere.</summary>
public sealed class AzureBlobContentStoreInPartsTests(AzuriteFixture azurite) : AzureBlobContentStoreTests(azurite)
{
    protected override long PartBytes => 100_003;

    protected override int MostRequests => 40;
}
