using ZeroK.Wire;

namespace ZeroK.Client;

/// <summary>Syncing can't do what was asked. The message says what is wrong and what to do.</summary>
public sealed class SyncException : Exception
{
    /// <summary>Makes one.</summary>
    public SyncException(ErrorCode code, string message, Exception? inner = null) : base(message, inner) => Code = code;

    /// <inheritdoc/>
    public SyncException() { }

    /// <inheritdoc/>
    public SyncException(string message) : base(message) { }

    /// <inheritdoc/>
    public SyncException(string message, Exception inner) : base(message, inner) { }

    /// <summary>The relay's code; None if it was not the relay that refused.</summary>
    public ErrorCode Code { get; }
}
