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

    /// <summary>Makes one for an app's own tests: what the app does with a blob can be tried without a relay and without keys.</summary>
    /// <param name="sender">The device that is to have sent it.</param>
    /// <param name="sequence">The sender's sequence, from 1.</param>
    /// <param name="payload">What it pushed.</param>
    /// <param name="label">The label.</param>
    /// <param name="sentAt">The sender's clock.</param>
    /// <param name="cursor">Its place in the group's order.</param>
    /// <param name="ack">Called by <see cref="AckAsync"/>; null: nothing happens.</param>
    public static ReceivedBlob Create(DeviceId sender, ulong sequence, ReadOnlyMemory<byte> payload, string? label = null, DateTimeOffset sentAt = default, Cursor cursor = default, Func<ReceivedBlob, CancellationToken, ValueTask>? ack = null)
    {
        ArgumentOutOfRangeException.ThrowIfZero(sequence);
        return new ReceivedBlob(sender, sequence, cursor, sentAt, label, payload, ack ?? ((_, _) => ValueTask.CompletedTask));
    }

    /// <summary>The device that sealed it.</summary>
    public DeviceId Sender { get; }

    /// <summary>The sender's sequence: (Sender, Sequence) is never handed over twice once acknowledged.</summary>
    public ulong Sequence { get; }

    /// <summary>Its place in the group's order.</summary>
    public Cursor Cursor { get; }

    /// <summary>The sender's clock when it was pushed.</summary>
    public DateTimeOffset SentAt { get; }

    /// <summary>The label given to <see cref="SyncClient.PushAsync(ReadOnlyMemory{byte}, string, CancellationToken)"/>.</summary>
    public string? Label { get; }

    /// <summary>What the app pushed.</summary>
    public ReadOnlyMemory<byte> Payload { get; }

    /// <summary>The reference of a large content, if the blob carries one (see <see cref="SyncClient.PutContentAsync"/>); null for any other blob.</summary>
    public ContentReference? Content => ContentReference.TryRead(Payload.Span, out var reference) ? reference : null;

    /// <summary>Says that the app has it, and all that were handed over before it. Durable when it returns; then it is not handed over again, and the relay may forget it.</summary>
    public ValueTask AckAsync(CancellationToken cancellationToken = default) => _ack(this, cancellationToken);
}
