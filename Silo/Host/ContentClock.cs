using ZeroK.Grains.Groups;
using ZeroK.Grains.Storage;
using ZeroK.Storage.Content;

namespace ZeroK.Relay;

/// <summary>Contents age by the same clock as groups.</summary>
internal sealed class ContentClock(RelayClock clock) : IContentClock
{
    public async ValueTask<ulong?> CutoffMsAsync(TimeSpan keep, CancellationToken cancellationToken)
    {
        try
        {
            var (steps, nowMs) = await clock.LookAsync(cancellationToken);
            return steps.Cutoff(keep, nowMs);
        }
        catch (StoreException)
        {
            // The store says so itself; until it answers, nothing is called old.
            return null;
        }
    }
}
