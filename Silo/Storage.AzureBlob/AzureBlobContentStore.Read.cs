using System.Collections.Concurrent;
using System.Globalization;
using ZeroK.Content;
using ZeroK.Storage.Content;

namespace ZeroK.Storage.AzureBlob;

public sealed partial class AzureBlobContentStore
{
    // Groups come in large pages; the parents above them lie far apart, and are small.
    private const int GroupPage = 256 * 1024, ParentPage = 4 * 1024;
    private const int KnownMax = 10_000;
    private static readonly TimeSpan KnownFor = TimeSpan.FromSeconds(10);

    // What was asked for lately: a sealed object's shape and version.
    private readonly ConcurrentDictionary<ContentKey, Found> _known = new();

    /// <inheritdoc/>
    public async ValueTask<int> ReadAsync(ContentKey key, TreeSource source, long offset, Memory<byte> destination, CancellationToken cancellationToken)
    {
        return await FindAsync(key, fresh: false, cancellationToken) is { } found ? await ReadAsync(key, found, source, offset, destination, cancellationToken) : 0;
    }

    private async ValueTask<int> ReadAsync(ContentKey key, Found found, TreeSource source, long offset, Memory<byte> destination, CancellationToken cancel)
    {
        var tree = found.Layout.Tree;
        var (step, end, page) = source == TreeSource.Content ? (tree.GroupSize, tree.Length, GroupPage) : (ContentTree.ParentSize, tree.OutboardSize, ParentPage);
        var done = 0;
        while (done < destination.Length && offset + done < end)
        {
            // Up to the end of the group or parent: there the encoding goes on elsewhere.
            var (unit, inside) = Math.DivRem(offset + done, step);
            var position = inside + (source == TreeSource.Content ? found.Layout.PositionOf(unit) : found.Layout.PositionOfParent(unit * step));
            var wanted = (int)Math.Min(Math.Min(step - inside, end - offset - done), destination.Length - done);
            var read = await CopyAsync(key, found, position, destination.Slice(done, wanted), page, cancel);
            done += read;
            if (read < wanted) break;
        }

        return done;
    }

    private async Task<bool> VerifiesAsync(ContentKey key, Found found, CancellationToken cancel)
    {
        var tree = found.Layout.Tree;
        var encoder = new RangeEncoder(key.Hash, tree, tree.All);
        var buffer = new byte[Math.Max(tree.GroupSize, ContentTree.ParentSize)];
        while (!encoder.IsDone)
        {
            var next = encoder.Next;
            var read = await ReadAsync(key, found, next.Source, next.Offset, buffer.AsMemory(0, next.Length), cancel);
            if (read != next.Length || !encoder.Supply(buffer.AsSpan(0, read), null)) return false;
        }

        return true;
    }

    // From the pages around a run of the encoding.
    private async ValueTask<int> CopyAsync(ContentKey key, Found found, long position, Memory<byte> destination, int page, CancellationToken cancel)
    {
        var done = 0;
        while (done < destination.Length)
        {
            var (part, offset) = Math.DivRem(position + done, _options.PartBytes);
            var bytes = await PageAsync(NameOf(key, part), found.Version, offset, page, cancel);
            var inside = (int)(offset % page);
            var count = Math.Min(bytes.Length - inside, destination.Length - done);
            if (count <= 0) break;
            bytes.Slice(inside, count).CopyTo(destination[done..]);
            done += count;
        }

        return done;
    }

    private async ValueTask<ReadOnlyMemory<byte>> PageAsync(string blob, string version, long offset, int size, CancellationToken cancel)
    {
        // A parent often lies in a page that its groups have brought.
        var large = new PageKey(blob, version, offset / GroupPage * GroupPage, GroupPage);
        if (_pages.TryGet(large, out var bytes)) return size == GroupPage ? bytes : Small(bytes, offset);
        var key = large with { Offset = offset / size * size, Size = size };
        if (_pages.TryGet(key, out bytes)) return bytes;
        bytes = await _container.ReadAsync(blob, key.Offset, size, cancel);
        _pages.Add(key, bytes);
        return bytes;
    }

    private static ReadOnlyMemory<byte> Small(ReadOnlyMemory<byte> large, long offset)
    {
        var start = (int)Math.Min(large.Length, offset % GroupPage / ParentPage * ParentPage);
        return large.Slice(start, Math.Min(ParentPage, large.Length - start));
    }

    // Null if there is no sealed object.
    private async ValueTask<Found?> FindAsync(ContentKey key, bool fresh, CancellationToken cancel)
    {
        if (!fresh && _known.TryGetValue(key, out var known) && _time.GetElapsedTime(known.Since) < KnownFor) return known;
        if (await _container.PropertiesAsync(NameOf(key, 0), cancel) is not { } properties) return null;
        if (!properties.Metadata.TryGetValue(SizeKey, out var size) || !long.TryParse(size, NumberStyles.None, CultureInfo.InvariantCulture, out var length)
            || !properties.Metadata.TryGetValue(LogKey, out var log) || !int.TryParse(log, NumberStyles.None, CultureInfo.InvariantCulture, out var groupLog)
            || length > ContentTree.LengthMax || groupLog > ContentTree.ChunkGroupLogMax) return null;
        if (_known.Count > KnownMax) _known.Clear();
        return _known[key] = new Found(new EncodedLayout(new ContentTree(length, groupLog)), properties.Version, _time.GetTimestamp());
    }

    private void Forget(ContentKey key)
    {
        _known.TryRemove(key, out _);
        _pages.Forget(PrefixOf(key));
    }

    private sealed record Found(EncodedLayout Layout, string Version, long Since);
}
