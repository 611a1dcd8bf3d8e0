using ZeroK.Wire;

namespace ZeroK.Client;

/// <summary>A blob of another device: opened, and checked against the sender's chain.</summary>
public sealed class ReceivedBlob
{
    private readonly Func<ReceivedBlob, CancellationToken, ValueTask> _ack;

    internal ReceivedBlob(DeviceId sender, ulong sequence, Cursor cursor, DateTimeOffset sentAt, string? label, ReadOnlyMemory<byte> payload, Func<ReceivedBlob, CancellationToken, ValueTask> ack)
    {
        Sender = sender;
        Sequence = sequence;
        Cursor = cursor;
        SentAt = sentAt;
        Label = label;
        Payload = payload;
        _ack = ack;
    }

    /// <summary>The device that sealed it.</summary>
    public DeviceId Sender { get; }

    /// <summary>The sender's sequence: (Sender, Sequence) is never handed over twice once acknowledged.</summary>
    public ulong Sequence { get; }

    /// <summary>Its place in the group's order.</summary>
    public Cursor Cursor { get; }

    /// <summary>The sender's clock when it was pushed.</summary>
    public DateTimeOffset SentAt { get; }

    /// <summary>The label given to <see cref="SyncClient.PushAsync"/>.</summary>
    public string? Label { get; }

    /// <summary>What the app pushed.</summary>
    public ReadOnlyMemory<byte> Payload { get; }

    /// <summary>The reference of a large content, if the blob carries one (see <see cref="SyncClient.PutContentAsync"/>); null for any other blob.</summary>
    public ContentReference? Content => ContentReference.TryRead(Payload.Span, out var reference) ? reference : null;

    /// <summary>Says that the app has it, and all that were handed over before it. Durable when it returns; then it is not handed over again, and the relay may forget it.</summary>
    public ValueTask AckAsync(CancellationToken cancellationToken = default) => _ack(this, cancellationToken);
}
