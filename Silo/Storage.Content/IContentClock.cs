using ZeroK.Wire;

namespace ZeroK.Storage.Content;

/// <summary>Says what is old by the time that has passed, whatever the machine's clock was set to meanwhile.</summary>
public interface IContentClock
{
    /// <summary>What was last touched before this time, Unix milliseconds, has not been for so long; null while that can't be told.</summary>
    ValueTask<ulong?> CutoffMsAsync(TimeSpan keep, CancellationToken cancellationToken);
}

/// <summary>A clock that is taken as it is.</summary>
internal sealed class PlainContentClock(TimeProvider time) : IContentClock
{
    public ValueTask<ulong?> CutoffMsAsync(TimeSpan keep, CancellationToken cancellationToken) => new(UnixMs.Of(time.GetUtcNow() - keep));
}
