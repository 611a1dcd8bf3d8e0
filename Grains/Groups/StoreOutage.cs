using Microsoft.Extensions.Logging;

namespace ZeroK.Grains.Groups;

/// <summary>Whether this silo's store answers: one line in the log when it stops and one when it answers again, however many groups notice.</summary>
internal sealed partial class StoreOutage(ILogger<StoreOutage> logger)
{
    private int _down;

    /// <summary>A group's call to the store failed.</summary>
    public void Failed(Exception exception)
    {
        if (Interlocked.Exchange(ref _down, 1) == 0) LogDown(logger, exception);
    }

    /// <summary>A group's call to the store succeeded.</summary>
    public void Answered()
    {
        if (Volatile.Read(ref _down) == 1 && Interlocked.Exchange(ref _down, 0) == 1) LogBack(logger);
    }

    // The store's exceptions name no group and no device.
    [LoggerMessage(1, LogLevel.Error, "The store fails. What was in flight is rejected; clients retry. Told once, until it answers again.")]
    private static partial void LogDown(ILogger logger, Exception exception);

    [LoggerMessage(2, LogLevel.Information, "The store answers again.")]
    private static partial void LogBack(ILogger logger);
}
