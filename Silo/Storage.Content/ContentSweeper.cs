using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ZeroK.Storage.Content;

/// <summary>Looks now and then for contents whose time is over.</summary>
internal sealed partial class ContentSweeper(ContentService contents, ContentLimits limits, TimeProvider time, ILogger<ContentSweeper> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(limits.SweepSeconds), time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false)) await SweepAsync(stoppingToken).ConfigureAwait(false);
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
            await contents.SweepAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (ContentStoreException failed)
        {
            LogSweepFailed(failed.Message);
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "A look for expired contents failed; the next one tries again: {Reason}")]
    private partial void LogSweepFailed(string reason);

    [LoggerMessage(2, LogLevel.Debug, "The content sweeper stopped.")]
    private partial void LogStopped();
}
