namespace ZeroK.Client.Content;

/// <summary>A staged object in memory: the twin of the one on disk, for tests and simulations, and for small objects.</summary>
internal sealed class MemoryStagedObject : IStagedObject
{
    private readonly Lock _gate = new();
    private byte[] _content = [], _outboard = [];

    /// <summary>The sealed object so far.</summary>
    public byte[] Content
    {
        get
        {
            lock (_gate) return [.. _content];
        }
    }

    /// <summary>The outboard so far.</summary>
    public byte[] Outboard
    {
        get
        {
            lock (_gate) return [.. _outboard];
        }
    }

    public void WriteContent(long offset, ReadOnlySpan<byte> bytes)
    {
        lock (_gate) Write(ref _content, offset, bytes);
    }

    public int ReadContent(long offset, Span<byte> destination)
    {
        lock (_gate) return Read(_content, offset, destination);
    }

    public void WriteOutboard(long offset, ReadOnlySpan<byte> parents)
    {
        lock (_gate) Write(ref _outboard, offset, parents);
    }

    public int ReadOutboard(long offset, Span<byte> destination)
    {
        lock (_gate) return Read(_outboard, offset, destination);
    }

    public void Dispose()
    {
        // The bytes outlive the object, as a file's do.
    }

    private static void Write(ref byte[] area, long offset, ReadOnlySpan<byte> bytes)
    {
        var end = checked((int)offset + bytes.Length);
        if (end > area.Length) Array.Resize(ref area, end);
        bytes.CopyTo(area.AsSpan((int)offset));
    }

    private static int Read(byte[] area, long offset, Span<byte> destination)
    {
        if (offset >= area.Length) return 0;
        var count = (int)Math.Min(destination.Length, area.Length - offset);
        area.AsSpan((int)offset, count).CopyTo(destination);
        return count;
    }
}
