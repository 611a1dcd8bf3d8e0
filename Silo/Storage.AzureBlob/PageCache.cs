namespace ZeroK.Storage.AzureBlob;

/// <summary>A part of a stored blob that was read. The version keeps what a rewritten object had before apart from what it has now.</summary>
internal readonly record struct PageKey(string Blob, string Version, long Offset, int Size)
{
    /// <summary>A constant: it has a group's pseudonym.</summary>
    public override string ToString() => "[page]";
}

/// <summary>The last pages that were read, up to a number of bytes.</summary>
internal sealed class PageCache(long bytesMax)
{
    private readonly Dictionary<PageKey, LinkedListNode<(PageKey Key, ReadOnlyMemory<byte> Bytes)>> _pages = [];
    private readonly LinkedList<(PageKey Key, ReadOnlyMemory<byte> Bytes)> _byUse = new();
    private readonly Lock _gate = new();
    private long _bytes;

    /// <summary>Finds a page, and keeps it longer.</summary>
    public bool TryGet(PageKey key, out ReadOnlyMemory<byte> bytes)
    {
        lock (_gate)
        {
            bytes = default;
            if (!_pages.TryGetValue(key, out var node)) return false;
            _byUse.Remove(node);
            _byUse.AddFirst(node);
            bytes = node.Value.Bytes;
            return true;
        }
    }

    /// <summary>Keeps a page; the ones not used for longest go.</summary>
    public void Add(PageKey key, ReadOnlyMemory<byte> bytes)
    {
        lock (_gate)
        {
            if (bytes.Length > bytesMax || _pages.ContainsKey(key)) return;
            _pages[key] = _byUse.AddFirst((key, bytes));
            _bytes += bytes.Length;
            while (_bytes > bytesMax) Remove(_byUse.Last!);
        }
    }

    /// <summary>Forgets all pages of blobs whose name begins so.</summary>
    public void Forget(string prefix)
    {
        lock (_gate)
        {
            for (var node = _byUse.First; node is not null;)
            {
                var next = node.Next;
                if (node.Value.Key.Blob.StartsWith(prefix, StringComparison.Ordinal)) Remove(node);
                node = next;
            }
        }
    }

    private void Remove(LinkedListNode<(PageKey Key, ReadOnlyMemory<byte> Bytes)> node)
    {
        _byUse.Remove(node);
        _pages.Remove(node.Value.Key);
        _bytes -= node.Value.Bytes.Length;
    }
}
