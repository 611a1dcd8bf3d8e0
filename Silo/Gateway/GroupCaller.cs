using Microsoft.Extensions.Logging;
using Polly;
using Polly.Retry;
using Polly.Timeout;
using ZeroK.GrainContracts;

namespace ZeroK.Gateway;

/// <summary>Where groups are found. One method, so that tests can put a group of their own in its place.</summary>
internal interface IGroups
{
    /// <summary>The group of a pseudonym.</summary>
    IGroupGrain Find(Guid group);
}

/// <summary>Groups of the cluster.</summary>
internal sealed class OrleansGroups(IGrainFactory grains) : IGroups
{
    public IGroupGrain Find(Guid group) => grains.GetGrain<IGroupGrain>(group);
}

/// <summary>The outcome of a call: a reply, or a code where the group could not be reached.</summary>
/// <param name="Reply">The reply, or null.</param>
/// <param name="Code">Why there is none.</param>
internal readonly record struct Called<T>(T? Reply, ErrorCode Code) where T : GroupReply
{
    /// <summary>The call was made more than once, and an earlier try may still be under way.</summary>
    public bool WasRepeated { get; init; }
}

/// <summary>Calls a group, again if the cluster failed the call. All of a group's calls may be repeated: reads change nothing, pushes are idempotent by blob id, the rest states an end.</summary>
internal sealed partial class GroupCaller
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(500);

    private static readonly TimeSpan Least = TimeSpan.FromMilliseconds(10);
    private static readonly ResiliencePropertyKey<TimeSpan> TimeLeft = new("zerok.time-left");

    private readonly GatewayInstruments _instruments;
    private readonly ILogger<GroupCaller> _log;
    private readonly TimeProvider _time;
    private readonly TimeSpan _callTime;
    private readonly ResiliencePipeline? _again;

    public GroupCaller(GatewayOptions options, TimeProvider time, GatewayInstruments instruments, ILogger<GroupCaller> log)
    {
        (_instruments, _log, _time) = (instruments, log, time);
        _callTime = TimeSpan.FromSeconds(options.CallSeconds);
        if (options.CallAttemptsMax > 1) _again = Build(options, time);
    }

    /// <summary>The group's reply; or <see cref="ErrorCode.RelayOverloaded"/> when the cluster gave none in time, or <see cref="ErrorCode.Internal"/> for a fault. Never throws.</summary>
    /// <param name="call">Makes the call.</param>
    public async Task<Called<T>> CallAsync<T>(Func<Task<T>> call) where T : GroupReply
    {
        try
        {
            return await OnceAsync(call);
        }
        catch (Exception fault) when (fault is TimeoutRejectedException || IsOfTheCluster(fault))
        {
            LogGaveUp(_log, fault.GetType().Name);
            return new(null, ErrorCode.RelayOverloaded);
        }
        catch (Exception fault)
        {
            _instruments.CallFailed(fault);
            LogFault(_log, fault.GetType().Name, fault.StackTrace);
            return new(null, ErrorCode.Internal);
        }
    }

    // The first try goes by itself, since nearly all succeed: the pipeline costs several times the call's own bookkeeping.
    // A grain call in flight can't be taken back: when time is up it is left alone, and its outcome with it.
    private async Task<Called<T>> OnceAsync<T>(Func<Task<T>> call) where T : GroupReply
    {
        var since = _time.GetTimestamp();
        try
        {
            return new(await call().WaitAsync(_callTime, _time), ErrorCode.None);
        }
        catch (Exception fault) when (_again is not null && IsOfTheCluster(fault) && _time.GetElapsedTime(since) < _callTime)
        {
            _instruments.CallFailed(fault);
            return new(await AgainAsync(call, _callTime - _time.GetElapsedTime(since)), ErrorCode.None) { WasRepeated = true };
        }
    }

    private async Task<T> AgainAsync<T>(Func<Task<T>> call, TimeSpan left)
    {
        var context = ResilienceContextPool.Shared.Get();
        try
        {
            context.Properties.Set(TimeLeft, left > Least ? left : Least);
            return await _again!.ExecuteAsync(static async (context, call) => await call().WaitAsync(context.CancellationToken), context, call);
        }
        finally
        {
            ResilienceContextPool.Shared.Return(context);
        }
    }

    // The time limit is around all tries and their pauses; the second comes at once, then pauses double from 50 ms to half a second, with jitter: by default they last longer than a cluster takes to notice a dead silo.
    private ResiliencePipeline Build(GatewayOptions options, TimeProvider time)
    {
        var builder = new ResiliencePipelineBuilder { TimeProvider = time };
        builder.AddTimeout(new TimeoutStrategyOptions { TimeoutGenerator = static limit => ValueTask.FromResult(limit.Context.Properties.GetValue(TimeLeft, Least)) });
        if (options.CallAttemptsMax > 2)
        {
            builder.AddRetry(new RetryStrategyOptions
            {
                MaxRetryAttempts = options.CallAttemptsMax - 2,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                Delay = FirstPause,
                MaxDelay = LongestPause,
                ShouldHandle = tried => ValueTask.FromResult(tried.Outcome.Exception is { } fault && IsOfTheCluster(fault)),
                OnRetry = tried =>
                {
                    _instruments.CallFailed(tried.Outcome.Exception!);
                    return default;
                },
            });
        }

        return builder.Build();
    }

    private static bool IsOfTheCluster(Exception fault) =>
        fault is SiloUnavailableException or OrleansMessageRejectionException or TimeoutException or OperationCanceledException;
}
