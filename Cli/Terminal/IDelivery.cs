namespace ZeroK.Cli.Terminal;

/// <summary>How far what was written to standard output got. Written is not read: the reader of a pipe may go away before.</summary>
internal interface IDelivery
{
    /// <summary>Bytes that the system has taken.</summary>
    long Written { get; }

    /// <summary>Whether a write waits now for the reader.</summary>
    bool IsWriting { get; }

    /// <summary>Whether nobody can read any more what is written.</summary>
    bool ReaderIsGone { get; }

    /// <summary>So many bytes are out: a pipe's reader has taken them, a file has them on stable storage.</summary>
    /// <exception cref="OutputFailedException">The file can't keep them.</exception>
    long Delivered();
}

/// <summary>Output that is out when it is written.</summary>
internal sealed class WrittenIsDelivered : IDelivery
{
    public static WrittenIsDelivered Instance { get; } = new();

    public long Written => 0;

    public bool IsWriting => false;

    public bool ReaderIsGone => false;

    public long Delivered() => 0;
}

/// <summary>Whoever read standard output went away. The command ends, and says nothing: nobody asked for more.</summary>
internal sealed class OutputClosedException() : IOException("Nobody reads standard output any more.");

/// <summary>Standard output can't be written.</summary>
internal sealed class OutputFailedException(string why) : IOException($"Standard output can't be written: {why}. What did not get out was not acknowledged and comes again.");
