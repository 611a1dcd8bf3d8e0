using System.Security.Cryptography;
using ZeroK.Wire;

namespace ZeroK.Grains.Storage;

/// <summary>What outlives a <see cref="MemoryGroupStore"/>: open two stores on one disk to have two owners, or one after the other for a restart.</summary>
public sealed class MemoryDisk
{
    /// <summary>For tests: whether a commit goes in, by its epoch and its cursor being the group's; to see what fails without a part of it.</summary>
    internal Func<bool, bool, bool> Fence { get; init; } = static (epoch, cursor) => epoch && cursor;

    internal Lock Gate { get; } = new();
    internal byte[] Secret { get; } = RandomNumberGenerator.GetBytes(32);
    internal Dictionary<Guid, StoredGroup> Groups { get; } = [];
    internal Dictionary<string, byte[]> Notes { get; } = [];

    /// <summary>What is kept of a group, without becoming its owner.</summary>
    internal GroupSnapshot Snapshot(Guid group)
    {
        lock (Gate)
        {
            var stored = Groups[group];
            return new GroupSnapshot(stored.Epoch, stored.Row, [.. stored.Devices.Values], [.. stored.Entries.Values.Select(e => e.Entry)]);
        }
    }

    internal static (EntryRow Entry, ReadOnlyMemory<byte> Body, Guid? Name) EntryOf(Append a) =>
        (new EntryRow(a.Cursor, BlobState.Present, a.Sender, a.Sequence, a.Blob, a.ReceivedAtMs, a.BodyBytes), a.Body, a.Elsewhere?.Name);

    internal sealed class StoredGroup(GroupRow row)
    {
        public ulong Epoch { get; set; } = 1;
        public GroupRow Row { get; set; } = row;
        public Dictionary<DeviceId, DeviceRow> Devices { get; } = [];
        public SortedDictionary<ulong, (EntryRow Entry, ReadOnlyMemory<byte> Body, Guid? Name)> Entries { get; } = [];
    }
}
