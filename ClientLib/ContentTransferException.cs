using ZeroK.Wire;

namespace ZeroK.Client;

/// <summary>A transfer stopped before its end. What was done is kept: the message says what is wrong and what to do.</summary>
public sealed class ContentTransferException : Exception
{
    /// <summary>Makes one.</summary>
    public ContentTransferException(ErrorCode code, string message, Exception? inner = null) : base(message, inner) => Code = code;

    /// <inheritdoc/>
    public ContentTransferException() { }

    /// <inheritdoc/>
    public ContentTransferException(string message) : base(message) { }

    /// <inheritdoc/>
    public ContentTransferException(string message, Exception inner) : base(message, inner) { }

    /// <summary>The relay's code; None if it was not the relay that refused.</summary>
    public ErrorCode Code { get; }

    /// <summary>The transfer that is kept, for <see cref="SyncClient.ResumePutAsync"/>; null if nothing is kept.</summary>
    public ContentId? Transfer { get; init; }

    /// <summary>For GROUP_QUOTA_EXCEEDED: the quota, what is used of it, and what this would need, in bytes.</summary>
    public ContentQuota? Quota { get; init; }
}

/// <summary>A group's space on the relay.</summary>
/// <param name="LimitBytes">What the group may use.</param>
/// <param name="UsedBytes">What it uses.</param>
/// <param name="NeededBytes">What was asked for besides.</param>
public sealed record ContentQuota(long LimitBytes, long UsedBytes, long NeededBytes);
