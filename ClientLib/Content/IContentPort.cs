using ZeroK.Content;
using ZeroK.Wire;

namespace ZeroK.Client.Content;

/// <summary>The relay's content service, as transfers need it. Every piece is checked against the object's tree by whoever receives it.</summary>
/// <remarks>
/// Calls may come from many transfers at once; requests leave in the order of the calls. A connection that breaks throws <see cref="IOException"/>: begin again, with what the relay then holds.
/// A refusal throws <see cref="ContentRefusedException"/>.
/// </remarks>
internal interface IContentPort : IAsyncDisposable
{
    /// <summary>The port as one transfer uses it: where the connection has streams, with one of its own, opened with the first call. Dispose of it when the transfer is over.</summary>
    IContentPort ForTransfer() => this;

    ValueTask IAsyncDisposable.DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>Whether a question would be answered now.</summary>
    bool IsConnected => true;

    /// <summary>Asks whether an object of this size would find room in the group's space; announces nothing.</summary>
    /// <exception cref="ContentRefusedException">It would not: with the quota.</exception>
    Task AskRoomAsync(long length, CancellationToken cancellationToken);

    /// <summary>Announces an object, or asks how far it has come. Waits for a connection.</summary>
    /// <param name="hash">Its address.</param>
    /// <param name="length">Its bytes.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task<PutState> BeginPutAsync(ContentHash hash, long length, CancellationToken cancellationToken);

    /// <summary>Sends a run of whole groups: the range encoding of the bytes from <paramref name="offset"/> on.</summary>
    /// <param name="hash">The object.</param>
    /// <param name="length">Its bytes.</param>
    /// <param name="offset">Where the run begins: a group's start.</param>
    /// <param name="count">Bytes of the object in the run.</param>
    /// <param name="encoding">Read until the call completes.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task PutAsync(ContentHash hash, long length, long offset, int count, ReadOnlyMemory<byte> encoding, CancellationToken cancellationToken);

    /// <summary>All was sent: completes when the relay keeps the whole object on stable storage and counts this group's reference to it.</summary>
    Task FinishPutAsync(ContentHash hash, long length, CancellationToken cancellationToken);

    /// <summary>Fetches a run of bytes; waits for a connection.</summary>
    /// <returns>The range encoding.</returns>
    Task<ReadOnlyMemory<byte>> GetAsync(ContentHash hash, long length, long offset, int count, CancellationToken cancellationToken);

    /// <summary>What <see cref="GetAsync"/> returned is not needed any more: its memory may be used again.</summary>
    void GiveBack(ReadOnlyMemory<byte> encoding)
    {
        // The collector has it.
    }

    /// <summary>The group no longer needs the object: the relay may forget it.</summary>
    Task ReleaseAsync(ContentHash hash, long length, CancellationToken cancellationToken);
}

/// <summary>What the relay has of an object.</summary>
/// <param name="IsStored">All of it, referred to by this group: nothing needs to be sent.</param>
/// <param name="Held">Bytes from its start that it has verified and kept.</param>
internal readonly record struct PutState(bool IsStored, long Held);

/// <summary>The relay refused a content request.</summary>
internal sealed class ContentRefusedException(ErrorCode code, uint retryAfterMs, string message, ContentQuota? quota = null) : Exception(message)
{
    public ErrorCode Code => code;

    public uint RetryAfterMs => retryAfterMs;

    public ContentQuota? Quota => quota;
}
