namespace ZeroK.Wire;

/// <summary>Whether a cursor of a page has its body.</summary>
public enum BlobState : byte
{
    /// <summary>The body is here.</summary>
    Present = 0,
    /// <summary>A blob of the reader's own device: not sent back.</summary>
    Own = 1,
    /// <summary>Every device that it was for has acknowledged it.</summary>
    Forgotten = 2,
    /// <summary>Its sender deleted it, the relay says.</summary>
    Deleted = 3,
}
