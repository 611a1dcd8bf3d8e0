using Microsoft.Extensions.Logging;

namespace ZeroK.Gateway;

internal sealed partial class GroupCaller
{
    // The fault's type, not its message: messages may carry what a request held.
    [LoggerMessage(1, LogLevel.Warning, "A group could not be reached ({Fault}); the client is told to try again")]
    private static partial void LogGaveUp(ILogger logger, string fault);

    [LoggerMessage(2, LogLevel.Error, "A group's call failed with {Fault} at {Stack}")]
    private static partial void LogFault(ILogger logger, string fault, string? stack);
}
