using Microsoft.Extensions.Logging;
using ZeroK.Channel;

namespace ZeroK.Gateway;

internal sealed partial class GatewaySession
{
    [LoggerMessage(1, LogLevel.Debug, "A session's channel ended: {Failure}")]
    internal static partial void LogBroken(ILogger logger, ChannelFailure failure);

    [LoggerMessage(2, LogLevel.Error, "A session failed with {Fault} at {Stack}")]
    internal static partial void LogSessionFault(ILogger logger, string fault, string? stack);

    [LoggerMessage(3, LogLevel.Debug, "A closed session's peer did not close in time")]
    private static partial void LogLingered(ILogger logger);

    [LoggerMessage(4, LogLevel.Debug, "A group was not told that a device left: {Fault}")]
    private static partial void LogNotTold(ILogger logger, string fault);

    [LoggerMessage(5, LogLevel.Information, "A HELLO was refused: {Code}")]
    private static partial void LogRefusedHello(ILogger logger, ErrorCode code);

    [LoggerMessage(6, LogLevel.Debug, "A session began")]
    private static partial void LogBegan(ILogger logger);
}
