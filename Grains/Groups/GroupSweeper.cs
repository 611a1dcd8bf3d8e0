using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using ZeroK.GrainContracts;
using ZeroK.Grains.Storage;

namespace ZeroK.Grains.Groups;

/// <summary>Asks the store now and then for groups with blobs whose time to live is over, and for groups that nobody uses any more, and pokes their grains. Measures the store, and watches the clock.</summary>
internal sealed partial class GroupSweeper(IGroupStore store, IGrainFactory grains, IOptions<GroupOptions> options, RelayWide relay, GroupInstruments instruments, TimeProvider time, ILogger<GroupSweeper> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        instruments.Show(relay.Room);
        using var timer = new PeriodicTimer(options.Value.SweepInterval, time);
        try
        {
            await LookAroundAsync(stoppingToken);
            while (await timer.WaitForNextTickAsync(stoppingToken)) await SweepAsync(stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            LogStopped();
        }
    }

    // Before the first sweep: how much there is, and what the clock did while the relay was away.
    private async Task LookAroundAsync(CancellationToken cancellationToken)
    {
        try
        {
            await relay.Clock.KeepAsync(cancellationToken);
            relay.Room.Measured(await store.MeasureAsync(cancellationToken));
        }
        catch (StoreException e)
        {
            LogSweepFailed(e);
        }
    }

    private async Task SweepAsync(CancellationToken cancellationToken)
    {
        try
        {
            await relay.Clock.KeepAsync(cancellationToken);
            var (steps, nowMs) = await relay.Clock.LookAsync(cancellationToken);
            var (most, limits) = (options.Value.SweepGroupsMax, options.Value);
            var expired = await store.FindExpiredAsync(steps.Cutoff(limits.TimeToLive, nowMs), most, cancellationToken);

            // A row tells until when its group is kept: as old as it may be by the clock, less what the clock was set.
            var keptUntilMs = new[] { limits.EmptyGroupKeep, limits.GroupKeep }.Min(keep => steps.Cutoff(keep, nowMs) + (ulong)keep.TotalMilliseconds);
            var unused = await store.FindUnusedAsync(Math.Min(keptUntilMs, nowMs), most, cancellationToken);
            foreach (var group in expired.Union(unused)) await grains.GetGrain<IGroupGrain>(group).ExpireAsync().WaitAsync(cancellationToken);
            relay.Room.Measured(await store.MeasureAsync(cancellationToken));
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
