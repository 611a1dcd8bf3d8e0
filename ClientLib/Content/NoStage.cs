namespace ZeroK.Client.Content;

/// <summary>Keeps nothing: for those who want an object's address alone.</summary>
internal sealed class NoStage : IStagedObject
{
    public void WriteContent(long offset, ReadOnlySpan<byte> bytes)
    {
        // Not wanted.
    }

    public int ReadContent(long offset, Span<byte> destination) => 0;

    public void WriteOutboard(long offset, ReadOnlySpan<byte> parents)
    {
        // Not wanted.
    }

    public int ReadOutboard(long offset, Span<byte> destination) => 0;

    public void Dispose()
    {
        // Holds nothing.
    }
}
