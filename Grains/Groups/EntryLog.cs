using ZeroK.Wire;

namespace ZeroK.Grains.Groups;

/// <summary>The kept entries in the order of their cursors, without a hole: grows at the end, shrinks at the front. A ring buffer.</summary>
internal sealed class EntryLog(Cursor start)
{
    private GroupEntry?[] _ring = new GroupEntry?[16];
    private int _first;

    /// <summary>The first kept cursor; the next one to be given if nothing is kept.</summary>
    public Cursor Start { get; private set; } = start;

    public int Count { get; private set; }

    /// <summary>The entry of a cursor; null if it is not kept.</summary>
    public GroupEntry? this[Cursor cursor] =>
        cursor < Start || cursor.Value - Start.Value >= (ulong)Count ? null : _ring[(_first + (int)(cursor.Value - Start.Value)) & (_ring.Length - 1)];

    public GroupEntry? First => Count == 0 ? null : _ring[_first];

    public GroupEntry? Last => Count == 0 ? null : _ring[(_first + Count - 1) & (_ring.Length - 1)];

    public void Add(GroupEntry entry)
    {
        if (entry.Cursor.Value != Start.Value + (ulong)Count)
            throw new InvalidOperationException($"Entry {entry.Cursor} does not follow the {Count} entries from {Start} on.");
        if (Count == _ring.Length) Grow();
        _ring[(_first + Count++) & (_ring.Length - 1)] = entry;
    }

    public void RemoveFirst()
    {
        if (Count == 0) throw new InvalidOperationException("There is no entry to remove.");
        _ring[_first] = null;
        _first = (_first + 1) & (_ring.Length - 1);
        Count--;
        Start = Start.Next;
    }

    private void Grow()
    {
        var larger = new GroupEntry?[_ring.Length * 2];
        for (var i = 0; i < Count; i++) larger[i] = _ring[(_first + i) & (_ring.Length - 1)];
        _ring = larger;
        _first = 0;
    }
}
