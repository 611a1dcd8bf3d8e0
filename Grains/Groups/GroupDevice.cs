using ZeroK.Grains.Storage;
using ZeroK.Wire;

namespace ZeroK.Grains.Groups;

/// <summary>A device of the group, as the rules see it.</summary>
internal sealed class GroupDevice(DeviceId id, ulong nowMs)
{
    public DeviceId Id { get; } = id;
    public byte[] SealedName { get; set; } = [];
    public ulong FirstSeenMs { get; init; } = nowMs;
    public ulong LastSeenMs { get; set; } = nowMs;
    public Cursor Acked { get; set; }
    public ulong LastSequence { get; set; }
    public BlobId? LastBlob { get; set; }
    public bool Revoked { get; set; }

    /// <summary>Whether the row is on stable storage.</summary>
    public bool Durable { get; set; }

    /// <summary>The highest sequence that the written row (not the entries) tells.</summary>
    public ulong WrittenSequence { get; set; }

    /// <summary>Entries of this sender up to here have been looked at for forgetting.</summary>
    public Cursor ForgottenThrough { get; set; }

    public DeviceRow ToRow() => new(Id, SealedName, FirstSeenMs, LastSeenMs, Acked, LastSequence, LastBlob, Revoked);

    public static GroupDevice FromRow(DeviceRow row) => new(row.Id, row.FirstSeenMs)
    {
        SealedName = row.SealedName,
        LastSeenMs = row.LastSeenMs,
        Acked = row.Acked,
        LastSequence = row.LastSequence,
        LastBlob = row.LastBlob,
        Revoked = row.Revoked,
        Durable = true,
        WrittenSequence = row.LastSequence,
    };
}
