using ZeroK.GrainContracts;
using ZeroK.Grains.Storage;
using ZeroK.Storage.PostgreSql;

namespace ZeroK.Relay;

/// <summary>Looks now and then for large bodies that no group refers to any more.</summary>
internal sealed partial class BodySweeper(PostgreSqlGroupStore store, IBodyStore bodies, TimeProvider time, ILogger<BodySweeper> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(30);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken)) await SweepAsync(stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            LogStopped();
        }
    }

    private async Task SweepAsync(CancellationToken cancellationToken)
    {
        try
        {
            LogDropped(await store.SweepBodiesAsync(bodies, cancellationToken));
        }
        catch (IOException failed) when (failed is StoreException or BodyStoreException)
        {
            LogSweepFailed(failed.Message);
        }
    }

    [LoggerMessage(1, LogLevel.Debug, "Large bodies that nothing refers to: {Count} dropped.")]
    private partial void LogDropped(int count);

    [LoggerMessage(2, LogLevel.Warning, "A look for large bodies that nothing refers to failed; the next one tries again: {Reason}")]
    private partial void LogSweepFailed(string reason);

    [LoggerMessage(3, LogLevel.Debug, "The sweeper of large bodies stopped.")]
    private partial void LogStopped();
}
