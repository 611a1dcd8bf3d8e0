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
internal readonly record struct Called<T>(T? Reply, ErrorCode Code) where T : GroupReply;

/// <summary>Calls a group, again if the cluster failed the call. All of a group's calls may be repeated: reads change nothing, pushes are idempotent by blob id, the rest states an end.</summary>
internal sealed partial class GroupCaller
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(500);

    private readonly GatewayInstruments _instruments;
    private readonly ILogger<GroupCaller> _log;
    private readonly ResiliencePipeline _pipeline;

    public GroupCaller(GatewayOptions options, TimeProvider time, GatewayInstruments instruments, ILogger<GroupCaller> log)
    {
        _instruments = instruments;
        _log = log;
        _pipeline = Build(options, time);
    }

    /// <summary>The group's reply; or <see cref="ErrorCode.RelayOverloaded"/> when the cluster gave none in time, or <see cref="ErrorCode.Internal"/> for a fault. Never throws.</summary>
    /// <param name="call">Makes the call.</param>
    public async Task<Called<T>> CallAsync<T>(Func<Task<T>> call) where T : GroupReply
    {
        try
        {
            // A grain call in flight can't be taken back: when time is up it is left alone, and its outcome with it.
            return new(await _pipeline.ExecuteAsync(static async (call, late) => await call().WaitAsync(late), call), ErrorCode.None);
        }
        catch (Exception fault) when (fault is TimeoutRejectedException || IsOfTheCluster(fault))
        {
            LogGaveUp(_log, fault.GetType().Name);
            return new(null, ErrorCode.RelayOverloaded);
        }
        catch (Exception fault)
        {
            _instruments.CallFailed(fault.GetType().Name);
            LogFault(_log, fault.GetType().Name, fault.StackTrace);
            return new(null, ErrorCode.Internal);
        }
    }

    // The time limit is around all tries and their pauses; pauses double from 50 ms to half a second, with jitter: by default they last longer than a cluster takes to notice a dead silo.
    private ResiliencePipeline Build(GatewayOptions options, TimeProvider time)
    {
        var builder = new ResiliencePipelineBuilder { TimeProvider = time };
        builder.AddTimeout(TimeSpan.FromSeconds(options.CallSeconds));
        if (options.CallAttemptsMax > 1)
        {
            builder.AddRetry(new RetryStrategyOptions
            {
                MaxRetryAttempts = options.CallAttemptsMax - 1,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                Delay = FirstPause,
                MaxDelay = LongestPause,
                ShouldHandle = tried => ValueTask.FromResult(tried.Outcome.Exception is { } fault && IsOfTheCluster(fault)),
                OnRetry = tried =>
                {
                    _instruments.CallFailed(tried.Outcome.Exception!.GetType().Name);
                    return default;
                },
            });
        }

        return builder.Build();
    }

    private static bool IsOfTheCluster(Exception fault) =>
        fault is SiloUnavailableException or OrleansMessageRejectionException or TimeoutException or OperationCanceledException;
}
