using ZeroK.Wire;

namespace ZeroK.Grains.Groups;

/// <summary>The group's devices by what they have acknowledged, the one that is furthest behind first. Devices that are blocked are not here.</summary>
/// <remarks>A step costs the logarithm of the devices, whoever acknowledges.</remarks>
internal sealed class AckBoard
{
    private readonly Order _order = new();
    private readonly SortedSet<GroupDevice> _devices;
    private int _given;

    public AckBoard() => _devices = new SortedSet<GroupDevice>(_order);

    public int Count => _devices.Count;

    /// <summary>Comparisons made so far: what the steps cost.</summary>
    public long Comparisons => _order.Made;

    public void Add(GroupDevice device)
    {
        if (device.Number == 0) device.Number = ++_given;
        _devices.Add(device);
    }

    public void Remove(GroupDevice device) => _devices.Remove(device);

    /// <summary>A device has acknowledged more.</summary>
    public void Move(GroupDevice device, Cursor acked)
    {
        var isHere = _devices.Remove(device);
        device.Acked = acked;
        if (isHere) _devices.Add(device);
    }

    /// <summary>The device that is furthest behind, and the next one; null where there is none.</summary>
    public (GroupDevice? Last, GroupDevice? Next) Behind()
    {
        using var devices = _devices.GetEnumerator();
        var last = devices.MoveNext() ? devices.Current : null;
        return (last, last is not null && devices.MoveNext() ? devices.Current : null);
    }

    private sealed class Order : IComparer<GroupDevice>
    {
        public long Made { get; private set; }

        public int Compare(GroupDevice? x, GroupDevice? y)
        {
            Made++;
            var byAcked = x!.Acked.Value.CompareTo(y!.Acked.Value);
            return byAcked != 0 ? byAcked : x.Number.CompareTo(y.Number);
        }
    }
}
