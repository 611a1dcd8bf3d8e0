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

    /// <summary>The first sequence that came here; 0 for none. Lower ones may be acknowledged elsewhere, never here.</summary>
    public ulong FirstSequence { get; private set; }

    public ulong LastSequence { get; private set; }
    public BlobId? LastBlob { get; private set; }
    public bool Revoked { get; set; }

    /// <summary>Whether it has acknowledged more than what was there before it joined.</summary>
    public bool HasRead { get; set; }

    /// <summary>The highest sequence that the written row (not the entries) tells.</summary>
    public ulong WrittenSequence { get; set; }

    /// <summary>Its place among the group's devices, in the order they came: see <see cref="AckBoard"/>.</summary>
    public int Number { get; set; }

    /// <summary>The sequence of its first kept entry, or where the next one may be.</summary>
    public ulong KeptFrom { get; set; }

    /// <summary>Its entries in memory.</summary>
    public int Kept { get; set; }

    /// <summary>Its entries up to this sequence have been looked at for forgetting while it was the last to have read.</summary>
    public ulong ForgottenSequence { get; set; }

    /// <summary>The device has pushed a blob with the sequence after its last, or its first.</summary>
    public void Pushed(ulong sequence, BlobId blob)
    {
        if (FirstSequence == 0) FirstSequence = sequence;
        LastSequence = sequence;
        LastBlob = blob;
    }

    public DeviceRow ToRow() => new(Id, SealedName, FirstSeenMs, LastSeenMs, Acked, FirstSequence, LastSequence, LastBlob, Revoked);

    public static GroupDevice FromRow(DeviceRow row) => new(row.Id, row.FirstSeenMs)
    {
        SealedName = row.SealedName,
        LastSeenMs = row.LastSeenMs,
        Acked = row.Acked,
        HasRead = row.Acked.Value > 0,
        FirstSequence = row.FirstSequence,
        LastSequence = row.LastSequence,
        LastBlob = row.LastBlob,
        Revoked = row.Revoked,
        WrittenSequence = row.LastSequence,
    };
}
