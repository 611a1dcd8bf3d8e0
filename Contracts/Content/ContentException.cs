namespace ZeroK.Content;

/// <summary>Content is not what its hash or length promised: cut off, changed, or longer. The message says what and what to do.</summary>
public sealed class ContentException : IOException
{
    public ContentException(string message) : base(message) { }
    public ContentException(string message, Exception inner) : base(message, inner) { }
    public ContentException() { }
}
