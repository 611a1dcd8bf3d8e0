using ZeroK.Wire;

namespace ZeroK.Grains.Groups;

/// <summary>The newest bodies of a group, up to a number of bytes.</summary>
internal sealed class TailCache(int bytesMax)
{
    private readonly Queue<Cursor> _order = new();
    private readonly Dictionary<Cursor, byte[]> _bodies = [];
    private int _bytes;

    public int Bytes => _bytes;

    public void Add(Cursor cursor, byte[] body)
    {
        if (body.Length > bytesMax) return;
        _bodies.Add(cursor, body);
        _order.Enqueue(cursor);
        _bytes += body.Length;
        while (_bytes > bytesMax && _order.TryDequeue(out var oldest))
        {
            _bytes -= _bodies[oldest].Length;
            _bodies.Remove(oldest);
        }
    }

    public byte[]? Find(Cursor cursor) => _bodies.GetValueOrDefault(cursor);
}
