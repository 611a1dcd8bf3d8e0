using Microsoft.Extensions.Logging;

namespace ZeroK.Grains.Groups;

internal sealed partial class GroupGrain
{
    // No parameter names a group or a device: the store's exceptions don't either.

    [LoggerMessage(1, LogLevel.Warning, "The store refused a commit: another owner has the group. What was in flight is rejected; clients retry.")]
    private partial void LogFenced();

    [LoggerMessage(2, LogLevel.Error, "The store failed a commit. What was in flight is rejected; clients retry.")]
    private partial void LogCommitFailed(Exception exception);

    [LoggerMessage(3, LogLevel.Error, "The store failed to open a group.")]
    private partial void LogTakeOverFailed(Exception exception);

    [LoggerMessage(4, LogLevel.Error, "The store failed to read bodies.")]
    private partial void LogReadFailed(Exception exception);

    [LoggerMessage(5, LogLevel.Critical, "The store has no body for {Missing} entries that it lists as present. The data is damaged: restore the data directory from a copy.")]
    private partial void LogBodiesMissing(int missing);
}
