using ZeroK.Wire;

namespace ZeroK.Grains.Groups;

/// <summary>One cursor of the log in memory, without its body.</summary>
internal sealed class GroupEntry(Cursor cursor, GroupDevice sender, ulong sequence, BlobId blob, ulong receivedAtMs)
{
    public Cursor Cursor { get; } = cursor;
    public GroupDevice Sender { get; } = sender;
    public ulong Sequence { get; } = sequence;
    public BlobId Blob { get; } = blob;
    public ulong ReceivedAtMs { get; } = receivedAtMs;
    public BlobState State { get; set; }
    public int BodyBytes { get; set; }
}
