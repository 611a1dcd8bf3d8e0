namespace ZeroK.Client.Content;

/// <summary>A sealed object and its outboard on this side of the network: what waits to be sent, or has come so far. Both areas are sparse: written at any place, in any order.</summary>
/// <remarks>
/// Holds ciphertext only. Needs not be durable against a lost write: whoever reads it checks it against the object's tree first.
/// Reads and writes of different places may come from several threads. A write that can't be done throws <see cref="IOException"/>.
/// </remarks>
internal interface IStagedObject : IDisposable
{
    void WriteContent(long offset, ReadOnlySpan<byte> bytes);

    /// <summary>Fills <paramref name="destination"/> as far as there are bytes.</summary>
    /// <returns>How many there were.</returns>
    int ReadContent(long offset, Span<byte> destination);

    void WriteOutboard(long offset, ReadOnlySpan<byte> parents);

    /// <inheritdoc cref="ReadContent"/>
    int ReadOutboard(long offset, Span<byte> destination);
}
