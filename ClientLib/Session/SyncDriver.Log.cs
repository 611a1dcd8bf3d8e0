using Microsoft.Extensions.Logging;

namespace ZeroK.Client.Session;

internal sealed partial class SyncDriver
{
    [LoggerMessage(1, LogLevel.Information, "Session: {Happened}")]
    private static partial void LogTold(ILogger logger, string happened);

    [LoggerMessage(2, LogLevel.Debug, "Session work failed: {ExceptionType}")]
    private static partial void LogFailed(ILogger logger, string exceptionType);

    [LoggerMessage(3, LogLevel.Information, "The relay has a better address for this device, but no session came about there ({ExceptionType}); staying")]
    private static partial void LogNotFollowed(ILogger logger, string exceptionType);
}
