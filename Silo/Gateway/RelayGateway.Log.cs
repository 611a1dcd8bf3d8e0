using Microsoft.Extensions.Logging;
using ZeroK.Channel;
using ZeroK.Transport;

namespace ZeroK.Gateway;

public sealed partial class RelayGateway
{
    [LoggerMessage(1, LogLevel.Information, "Not listening on {Kind}: {Why}")]
    private static partial void LogNotSupported(ILogger logger, TransportKind kind, string why);

    [LoggerMessage(2, LogLevel.Error, "Accepting on {Kind} failed with {Fault}; trying again")]
    private static partial void LogAcceptFault(ILogger logger, TransportKind kind, string fault);

    [LoggerMessage(3, LogLevel.Debug, "A handshake failed: {Failure} at message {Message}")]
    private static partial void LogHandshake(ILogger logger, ChannelFailure failure, int message);

    [LoggerMessage(4, LogLevel.Error, "A handshake failed with {Fault} at {Stack}")]
    private static partial void LogHandshakeFault(ILogger logger, string fault, string? stack);

    [LoggerMessage(5, LogLevel.Information, "Shutting down: telling {Sessions} sessions")]
    private static partial void LogDraining(ILogger logger, int sessions);

    [LoggerMessage(6, LogLevel.Warning, "Shutting down: {Sessions} sessions did not end in time and are cut off")]
    private static partial void LogCutOff(ILogger logger, int sessions);

    [LoggerMessage(7, LogLevel.Debug, "The sweep of idle sessions ended")]
    private static partial void LogSweepEnded(ILogger logger);

    [LoggerMessage(10, LogLevel.Warning, "Not listening on {Kind}, clients use the other transport: {Why}")]
    private static partial void LogTaken(ILogger logger, TransportKind kind, string why);
}
