using Microsoft.Extensions.Logging;
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
internal sealed partial class GroupCaller(GatewayOptions options, TimeProvider time, GatewayInstruments instruments, ILogger<GroupCaller> log)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(2);

    /// <summary>The group's reply; or <see cref="ErrorCode.RelayOverloaded"/> when the cluster gave none in time, or <see cref="ErrorCode.Internal"/> for a fault. Never throws.</summary>
    /// <param name="call">Makes the call.</param>
    /// <param name="spread">0 to 255: spreads the pauses of different devices.</param>
    public async Task<Called<T>> CallAsync<T>(Func<Task<T>> call, byte spread) where T : GroupReply
    {
        var start = time.GetTimestamp();
        var limit = TimeSpan.FromSeconds(options.CallSeconds);
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                var left = limit - time.GetElapsedTime(start);
                return new(await call().WaitAsync(left > TimeSpan.Zero ? left : TimeSpan.Zero, time), ErrorCode.None);
            }
            catch (Exception fault) when (IsOfTheCluster(fault))
            {
                instruments.CallFailed(fault.GetType().Name);
                var pause = Pause(attempt, spread);
                if (attempt >= options.CallAttemptsMax || time.GetElapsedTime(start) + pause >= limit)
                {
                    LogGaveUp(log, fault.GetType().Name, attempt);
                    return new(null, ErrorCode.RelayOverloaded);
                }

                await Task.Delay(pause, time);
            }
            catch (Exception fault)
            {
                instruments.CallFailed(fault.GetType().Name);
                LogFault(log, fault.GetType().Name, fault.StackTrace);
                return new(null, ErrorCode.Internal);
            }
        }
    }

    /// <summary>Doubles from 50 ms to 2 s; between half and all of it, by <paramref name="spread"/>.</summary>
    internal static TimeSpan Pause(int attempt, byte spread)
    {
        var whole = Math.Min(LongestPause.TotalMilliseconds, FirstPause.TotalMilliseconds * Math.Pow(2, attempt - 1));
        return TimeSpan.FromMilliseconds(whole * (0.5 + (spread / 510.0)));
    }

    private static bool IsOfTheCluster(Exception fault) =>
        fault is SiloUnavailableException or OrleansMessageRejectionException or TimeoutException or OperationCanceledException;
}
