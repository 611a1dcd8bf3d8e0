using Microsoft.Extensions.Logging;

namespace ZeroK.Grains.Groups;

internal sealed partial class GroupGrain
{
    // No parameter names a group or a device: the store's exceptions don't either.

    [LoggerMessage(1, LogLevel.Warning, "The store refused a commit: another owner has the group. What was in flight is rejected; clients retry.")]
    private partial void LogFenced();

    [LoggerMessage(2, LogLevel.Error, "A commit failed in this program. What was in flight is rejected; clients retry.")]
    private partial void LogCommitFailed(Exception exception);

    [LoggerMessage(3, LogLevel.Error, "A group's data contradicts itself: it is damaged, or of another version.")]
    private partial void LogDamaged(Exception exception);

    [LoggerMessage(5, LogLevel.Critical, "The store has no body for {Missing} entries that it lists as present. The data is damaged: restore the data directory from a copy.")]
    private partial void LogBodiesMissing(int missing);
}
