namespace ZeroK.Storage.Content;

/// <summary>The content store failed. The message says what an operator can do; it names no object.</summary>
public sealed class ContentStoreException : IOException
{
    public ContentStoreException(string message) : base(message) { }
    public ContentStoreException(string message, Exception inner) : base(message, inner) { }
    public ContentStoreException() { }

    /// <summary>Whether there is no room; otherwise it is broken or out of reach.</summary>
    public bool IsFull { get; init; }
}
