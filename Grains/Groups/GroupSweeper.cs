using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using ZeroK.GrainContracts;
using ZeroK.Grains.Storage;

namespace ZeroK.Grains.Groups;

/// <summary>Asks the store now and then for groups with blobs whose time to live is over, and pokes their grains.</summary>
internal sealed partial class GroupSweeper(IGroupStore store, IGrainFactory grains, IOptions<GroupOptions> options, TimeProvider time, ILogger<GroupSweeper> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Value.SweepInterval, time);
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
            var olderThan = time.GetUtcNow() - options.Value.TimeToLive;
            if (olderThan < DateTimeOffset.UnixEpoch) return;
            var groups = await store.FindExpiredAsync((ulong)olderThan.ToUnixTimeMilliseconds(), options.Value.SweepGroupsMax, cancellationToken);
            foreach (var group in groups) await grains.GetGrain<IGroupGrain>(group).ExpireAsync().WaitAsync(cancellationToken);
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            LogSweepFailed(e);
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "A look for expired blobs failed; the next one tries again.")]
    private partial void LogSweepFailed(Exception exception);

    [LoggerMessage(2, LogLevel.Debug, "The sweeper stopped.")]
    private partial void LogStopped();
}
