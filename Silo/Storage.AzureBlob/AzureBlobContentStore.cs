using System.Globalization;
using ZeroK.Content;
using ZeroK.Storage.Content;

namespace ZeroK.Storage.AzureBlob;

/// <summary>Objects as block blobs: a run is a staged block, sealing puts the blocks together. Several relays may share a container.</summary>
/// <remarks>
/// An object lies in its encoding (parents and groups in pre-order), in blobs of 512 MiB: group/hash-generation/part. Part 0 is put together
/// last, and with it the object can be read. A staged block is on stable storage, and can't be read back before that: what resuming
/// finds was checked on its way in, by us against the object's address and by Azure against an MD5. Azure drops staged blocks after a week.
/// </remarks>
public sealed partial class AzureBlobContentStore : IContentStore
{
    private const string SizeKey = "size", LogKey = "grouplog";

    private readonly AzureBlobOptions _options;
    private readonly AzureContainer _container;
    private readonly PageCache _pages;
    private readonly TimeProvider _time;

    private AzureBlobContentStore(AzureBlobOptions options, TimeProvider time)
    {
        (_options, _time) = (options, time);
        _container = new AzureContainer(options, time);
        _pages = new PageCache(options.CacheBytesMax);
    }

    /// <summary>Opens the container, and makes it if there is none.</summary>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    /// <exception cref="ContentStoreException">Azure refuses, or can't be reached.</exception>
    public static async Task<AzureBlobContentStore> OpenAsync(AzureBlobOptions options, TimeProvider time, CancellationToken cancellationToken)
    {
        var store = Connect(options, time);
        await store._container.CreateAsync(cancellationToken);
        return store;
    }

    /// <summary>Without asking Azure for anything yet.</summary>
    internal static AzureBlobContentStore Connect(AzureBlobOptions options, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        return new AzureBlobContentStore(options, time);
    }

    /// <inheritdoc/>
    public async ValueTask<long> ResumeAsync(ContentKey key, ContentTree tree, CancellationToken cancellationToken)
    {
        var layout = new EncodedLayout(tree);
        if (await _container.PropertiesAsync(NameOf(key, 0), cancellationToken) is { } together)
        {
            // Sealed before, or reopened since: it can be read back. One wrong bit, and the upload begins anew.
            Forget(key);
            if (await VerifiesAsync(key, new Found(layout, together.Version, 0), cancellationToken)) return tree.Length;
            await DeleteAsync(key, cancellationToken);
            return 0;
        }

        long encoded = 0;
        for (var part = 0; part < PartsOf(layout); part++)
        {
            if (await _container.BlocksAsync(NameOf(key, part), cancellationToken) is not { } blocks) break;
            var bytes = StagedBlocks.Chain(blocks).Bytes;
            encoded += bytes;
            if (bytes != BytesOf(layout, part)) break;
        }

        return layout.HeldIn(encoded);
    }

    /// <inheritdoc/>
    public async ValueTask WriteAsync(ContentKey key, ContentTree tree, VerifiedRun run, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(run);
        var (start, slice) = SliceOf(new EncodedLayout(tree), run);
        for (var done = 0; done < slice.Length;)
        {
            var (part, offset) = Math.DivRem(start + done, _options.PartBytes);
            var count = (int)Math.Min(slice.Length - done, _options.PartBytes - offset);
            await _container.StageAsync(NameOf(key, part), StagedBlocks.IdOf(offset, count), slice.Slice(done, count), cancellationToken);
            done += count;
        }
    }

    /// <inheritdoc/>
    public async ValueTask SealAsync(ContentKey key, ContentTree tree, CancellationToken cancellationToken)
    {
        var layout = new EncodedLayout(tree);
        if (await FindAsync(key, fresh: true, cancellationToken) is { } sealedBefore && sealedBefore.Layout.Tree == tree) return;
        var metadata = new Dictionary<string, string>
        {
            [SizeKey] = tree.Length.ToString(CultureInfo.InvariantCulture),
            [LogKey] = tree.ChunkGroupLog.ToString(CultureInfo.InvariantCulture),
        };
        for (var part = PartsOf(layout) - 1; part >= 0; part--)
        {
            var (ids, bytes) = StagedBlocks.Chain(await _container.BlocksAsync(NameOf(key, part), cancellationToken) ?? []);
            if (bytes != BytesOf(layout, part)) throw new ContentStoreException("Azure Blob Storage no longer has all blocks of an upload: it drops those that wait for more than a week. The upload goes on from what is left.");
            await _container.CommitAsync(NameOf(key, part), ids, metadata, cancellationToken);
        }

        Forget(key);
    }

    /// <inheritdoc/>
    public async ValueTask ReopenAsync(ContentKey key, CancellationToken cancellationToken)
    {
        Forget(key);
        if (await FindAsync(key, fresh: true, cancellationToken) is null) return;

        // Without its size it can't be read; its blocks stay.
        var (ids, _) = StagedBlocks.Chain(await _container.BlocksAsync(NameOf(key, 0), cancellationToken) ?? []);
        await _container.CommitAsync(NameOf(key, 0), ids, new Dictionary<string, string>(), cancellationToken);
        Forget(key);
    }

    /// <inheritdoc/>
    public async ValueTask DeleteAsync(ContentKey key, CancellationToken cancellationToken)
    {
        Forget(key);
        var parts = 0;
        while (await _container.BlocksAsync(NameOf(key, parts), cancellationToken) is not null) parts++;

        // From the last on, so that a stop on the way leaves no part that can't be found from the first. A blob of staged blocks alone is none to delete: an empty one takes its place first.
        for (var part = parts - 1; part >= 0; part--)
        {
            await _container.CommitAsync(NameOf(key, part), [], new Dictionary<string, string>(), cancellationToken);
            await _container.DeleteAsync(NameOf(key, part), cancellationToken);
        }
    }

    // The run's groups and the parents that begin with them, as they lie in the encoding.
    private static (long Start, ReadOnlyMemory<byte> Bytes) SliceOf(EncodedLayout layout, VerifiedRun run)
    {
        var groupSize = layout.Tree.GroupSize;
        var first = run.Offset / groupSize;
        var last = first + ((run.Bytes.Length + groupSize - 1) / groupSize);
        var start = layout.SliceOf(first);
        var slice = new byte[layout.SliceOf(last) - start];
        for (var group = first; group < last; group++)
        {
            var from = (int)((group - first) * groupSize);
            run.Bytes[from..Math.Min(run.Bytes.Length, from + groupSize)].CopyTo(slice.AsMemory((int)(layout.PositionOf(group) - start)));
        }

        foreach (var (offset, parent) in run.Parents)
        {
            var at = layout.PositionOfParent(offset) - start;
            if (at >= 0) parent.CopyTo(slice.AsMemory((int)at));
        }

        return (start, slice);
    }

    private long PartsOf(EncodedLayout layout) => Math.Max(1, (layout.Size + _options.PartBytes - 1) / _options.PartBytes);

    private long BytesOf(EncodedLayout layout, long part) => Math.Min(_options.PartBytes, layout.Size - (part * _options.PartBytes));

    private static string PrefixOf(ContentKey key) => $"{key.Group:N}/{key.Hash.ToHex()}-{key.Generation:x16}/";

    private static string NameOf(ContentKey key, long part) => PrefixOf(key) + part.ToString("x6", CultureInfo.InvariantCulture);
}
