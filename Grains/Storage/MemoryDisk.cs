using System.Security.Cryptography;
using ZeroK.Wire;

namespace ZeroK.Grains.Storage;

/// <summary>What outlives a <see cref="MemoryGroupStore"/>: open two stores on one disk to have two owners, or one after the other for a restart.</summary>
public sealed class MemoryDisk
{
    internal Lock Gate { get; } = new();
    internal byte[] Secret { get; } = RandomNumberGenerator.GetBytes(32);
    internal Dictionary<Guid, StoredGroup> Groups { get; } = [];

    internal sealed class StoredGroup(GroupRow row)
    {
        public ulong Epoch { get; set; } = 1;
        public GroupRow Row { get; set; } = row;
        public Dictionary<DeviceId, DeviceRow> Devices { get; } = [];
        public SortedDictionary<ulong, (EntryRow Entry, ReadOnlyMemory<byte> Body)> Entries { get; } = [];
    }
}
