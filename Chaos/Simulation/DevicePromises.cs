using ZeroK.Client.Store;
using ZeroK.Wire;

namespace ZeroK.Chaos.Simulation;

/// <summary>What must hold at a device at each moment, whatever its relays do. Outlives the device's lives.</summary>
internal sealed class DevicePromises
{
    private readonly HashSet<(int Relay, ulong Sequence)> _acknowledged = [];
    private readonly Dictionary<int, ulong> _delivered = [];
    private readonly HashSet<string> _broken = [];

    public IReadOnlyCollection<string> Broken => _broken;

    /// <summary>A relay is told that the device has everything up to a cursor.</summary>
    public void Acknowledges(ReadOnlyMemory<byte> relay, Cursor through, IReadOnlyList<QuarantinedBlob> quarantine)
    {
        foreach (var blob in quarantine.Where(q => q.Holds && q.Cursor <= through && q.Relay.Span.SequenceEqual(relay.Span)))
            _broken.Add($"nothing is acknowledged that could not be opened: #{through.Value} was, though #{blob.Cursor.Value} is in quarantine");
    }

    /// <summary>A relay acknowledged these sequences.</summary>
    public void Acknowledged(int relay, IEnumerable<ulong> sequences)
    {
        foreach (var sequence in sequences) _acknowledged.Add((relay, sequence));
    }

    /// <summary>The device counts everything up to a sequence as delivered.</summary>
    public void Delivered(int relay, ulong through)
    {
        for (var sequence = _delivered.GetValueOrDefault(relay) + 1; sequence <= through; sequence++)
            if (!_acknowledged.Contains((relay, sequence))) _broken.Add($"nothing counts as delivered that its relay did not acknowledge: {sequence} does");
        _delivered[relay] = Math.Max(through, _delivered.GetValueOrDefault(relay));
    }
}
