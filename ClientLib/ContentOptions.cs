namespace ZeroK.Client;

/// <summary>What goes with a content that is put. The zero value: nothing.</summary>
public sealed record ContentOptions
{
    /// <summary>A constant: names and labels are the users' own.</summary>
    public override string ToString() => "[content options]";

    /// <summary>Nothing said.</summary>
    public static ContentOptions Default { get; } = new();

    /// <summary>The app's name for it, at most 1,024 bytes of UTF-8; travels sealed. Also the label of the blob that carries the reference.</summary>
    public string? Name { get; init; }

    /// <summary>Its media type, at most 255 ASCII characters; travels sealed.</summary>
    public string? MediaType { get; init; }

    /// <summary>Bytes of the content; null: the stream's length from where it stands, for which it must be seekable.</summary>
    public long? Length { get; init; }

    /// <summary>A smaller stand-in, for example a thumbnail; must be seekable. Stays the caller's.</summary>
    public Stream? Preview { get; init; }

    /// <summary>The preview's media type.</summary>
    public string? PreviewMediaType { get; init; }
}

/// <summary>One member of a collection that is put.</summary>
/// <param name="Source">Its bytes; stays the caller's.</param>
/// <param name="Options">What goes with it. A member needs a name, and no two have the same.</param>
public sealed record ContentMember(Stream Source, ContentOptions Options);

/// <summary>What a transfer is doing.</summary>
public enum ContentPhase
{
    /// <summary>Sealing and hashing on this device.</summary>
    Sealing = 0,
    /// <summary>Sending to the relay.</summary>
    Sending,
    /// <summary>Fetching from the relay.</summary>
    Fetching,
}

/// <summary>How far a transfer is.</summary>
/// <param name="Phase">What it does.</param>
/// <param name="Done">Bytes done, of the sealed object when sending and fetching; those that needed no repeating after a stop count.</param>
/// <param name="Total">Bytes in all.</param>
/// <param name="Moved">Bytes that this call moved over the network, the tree's parents included.</param>
public readonly record struct ContentProgress(ContentPhase Phase, long Done, long Total, long Moved);

/// <summary>A transfer that is kept on this device because it is not finished: it survives a crash.</summary>
/// <param name="Id">The content's id.</param>
/// <param name="IsPut">True: not sent yet as a whole; its reference is not in the group. False: not fetched yet as a whole.</param>
/// <param name="Reference">What it will be, or is, called.</param>
public sealed record ContentTransfer(ContentId Id, bool IsPut, ContentReference Reference)
{
    /// <summary>Of a put: sealed bytes that are not sent yet, whole objects counted. Of a get: the sealed length.</summary>
    public long LeftBytes { get; init; }
}

/// <summary>A content that was queued; <see cref="SyncClient.QueueContentAsync"/>.</summary>
/// <param name="Reference">What the group will be told, once the relay has the content.</param>
/// <param name="Durable">Completes when the relay has all of it on stable storage and the reference is in the outbox. Fails with <see cref="ContentTransferException"/> when the relay refuses for good: the transfer stays until it is resumed or dropped. Cancelled when the client is closed: the next start goes on.</param>
public sealed record ContentReceipt(ContentReference Reference, Task Durable)
{
    /// <summary>A constant: names and labels are the users' own.</summary>
    public override string ToString() => "[content receipt]";
}

/// <summary>How much of a collection has come.</summary>
/// <param name="Arrived">Members that this device has, now or from an earlier call.</param>
/// <param name="Missing">Members that could not be fetched, each with why.</param>
public sealed record CollectionStatus(IReadOnlyList<ContentReference> Arrived, IReadOnlyList<MissingMember> Missing)
{
    /// <summary>Whether all are there.</summary>
    public bool IsComplete => Missing.Count == 0;
}

/// <summary>A member that is not there.</summary>
/// <param name="Member">Which.</param>
/// <param name="Why">What stood in the way, for a person.</param>
public sealed record MissingMember(ContentReference Member, string Why);
