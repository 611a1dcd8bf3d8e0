using ZeroK.Grains.Storage;

namespace ZeroK.Grains.Groups;

/// <summary>What all groups of a relay use together, and whether one more may be made, grow, or be loaded. No I/O, no clock.</summary>
/// <remarks>
/// Up to half of a limit, each group may take what its own limits allow. Above, a group may have a part of what is left:
/// whoever takes much is refused first, and small groups go on until the end.
/// </remarks>
public sealed class RelayRoom(GroupOptions options)
{
    private const int Part = 64;

    private readonly Lock _gate = new();
    private StoreUsage _measured;
    private long _groups, _bytes, _entries, _memory;

    /// <summary>What the store holds: as measured last, and what came and went since.</summary>
    public StoreUsage Stored
    {
        get
        {
            lock (_gate) return new StoreUsage(_measured.Groups + _groups, Math.Max(0, _measured.Bytes + _bytes));
        }
    }

    /// <summary>Entries of the groups in memory.</summary>
    public long Entries
    {
        get { lock (_gate) return _entries; }
    }

    /// <summary>Bytes of the groups in memory.</summary>
    public long MemoryBytes
    {
        get { lock (_gate) return _memory; }
    }

    /// <summary>Whether memory is short enough that what nobody uses goes at once, and nothing is kept only to be fast.</summary>
    public bool IsTight
    {
        get { lock (_gate) return _entries > options.ActiveEntriesMax / 8 * 3 || _memory > options.ActiveBytesMax / 8 * 3; }
    }

    /// <summary>The store was measured.</summary>
    public void Measured(StoreUsage usage)
    {
        lock (_gate) (_measured, _groups, _bytes) = (usage, 0, 0);
    }

    /// <summary>A group came into memory.</summary>
    public RoomLease Take() => new(this);

    /// <summary>Whether one more group may be made: None, or why not. Not above half of the store's bytes, which are for those that are there.</summary>
    public ErrorCode MayCreate()
    {
        var stored = Stored;
        return stored.Groups >= options.GroupsMax ? ErrorCode.TooManyGroups : stored.Bytes > options.StoreBytesMax / 2 ? ErrorCode.StorageFull : ErrorCode.None;
    }

    /// <summary>A group was made.</summary>
    public void Created()
    {
        lock (_gate) _groups++;
    }

    /// <summary>Whether a group that uses so much may take more: None, or why not.</summary>
    /// <param name="own">What it uses.</param>
    /// <param name="more">What it would add.</param>
    public ErrorCode MayGrow(GroupUse own, GroupUse more)
    {
        lock (_gate)
        {
            if (!Fits(_measured.Bytes + _bytes, options.StoreBytesMax, own.StoreBytes, more.StoreBytes)) return ErrorCode.StorageFull;
            return Fits(_entries, options.ActiveEntriesMax, own.Entries, more.Entries) && Fits(_memory, options.ActiveBytesMax, own.MemoryBytes, more.MemoryBytes) ? ErrorCode.None : ErrorCode.RelayOverloaded;
        }
    }

    /// <summary>Whether a group of so much may come into memory.</summary>
    public bool MayLoad(GroupUse use)
    {
        lock (_gate) return Fits(_entries, options.ActiveEntriesMax, 0, use.Entries) && Fits(_memory, options.ActiveBytesMax, 0, use.MemoryBytes);
    }

    internal void Change(GroupUse from, GroupUse to)
    {
        lock (_gate)
        {
            _bytes += to.StoreBytes - from.StoreBytes;
            _entries += to.Entries - from.Entries;
            _memory += to.MemoryBytes - from.MemoryBytes;
        }
    }

    private static bool Fits(long used, long most, long own, long more)
    {
        var left = most - used - more;
        return more == 0 || (left >= 0 && (left >= most / 2 || own + more <= left / Part));
    }
}

/// <summary>What a group uses.</summary>
/// <param name="StoreBytes">In the store.</param>
/// <param name="Entries">Entries in memory.</param>
/// <param name="MemoryBytes">Bytes of memory, entries included.</param>
public readonly record struct GroupUse(long StoreBytes, long Entries, long MemoryBytes);

/// <summary>A group's part of the room while it is in memory. Disposing gives its memory back, once.</summary>
public sealed class RoomLease : IDisposable
{
    private readonly RelayRoom _room;
    private bool _isOver;

    internal RoomLease(RelayRoom room) => _room = room;

    /// <summary>What it uses.</summary>
    public GroupUse Use { get; private set; }

    /// <summary>What was loaded: the store had it before.</summary>
    public void Load(GroupUse use)
    {
        _room.Change(Use with { StoreBytes = 0 }, use with { StoreBytes = 0 });
        Use = use;
    }

    /// <summary>What it uses now.</summary>
    public void Set(GroupUse use)
    {
        if (_isOver || use == Use) return;
        _room.Change(Use, use);
        Use = use;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_isOver) return;
        _isOver = true;
        _room.Change(Use with { StoreBytes = 0 }, default);
    }
}
