using Npgsql;
using Polly;
using Polly.CircuitBreaker;
using Polly.Retry;

namespace ZeroK.Storage.PostgreSql;

/// <summary>What is tried again, how often, and when the database is left alone for a moment.</summary>
/// <remarks>
/// A write whose connection broke is not tried again: it may have happened. Making a connection, reading, and a
/// transaction that the server says it has undone are safe to repeat.
/// </remarks>
internal sealed class StorePipelines
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan BreakFor = TimeSpan.FromMilliseconds(500);

    public StorePipelines(TimeProvider time)
    {
        Connect = Build(time, e => e is NpgsqlException { IsTransient: true } or TimeoutException, breaker: true);
        Read = Build(time, PostgreSqlFault.IsPassing, breaker: true);
        Write = Build(time, PostgreSqlFault.WasUndone, breaker: false);
    }

    /// <summary>Around making the writer's connection.</summary>
    public ResiliencePipeline Connect { get; }

    /// <summary>Around a read, its connection included.</summary>
    public ResiliencePipeline Read { get; }

    /// <summary>Around a write on an open connection.</summary>
    public ResiliencePipeline Write { get; }

    private static ResiliencePipeline Build(TimeProvider time, Func<Exception, bool> again, bool breaker)
    {
        var builder = new ResiliencePipelineBuilder { TimeProvider = time };
        if (breaker)
        {
            builder.AddCircuitBreaker(new CircuitBreakerStrategyOptions
            {
                FailureRatio = 0.9,
                MinimumThroughput = 3,
                SamplingDuration = TimeSpan.FromSeconds(5),
                BreakDuration = BreakFor,
                ShouldHandle = tried => ValueTask.FromResult(tried.Outcome.Exception is { } e && PostgreSqlFault.IsOfTheStore(e)),
            });
        }

        return builder.AddRetry(new RetryStrategyOptions
        {
            MaxRetryAttempts = 3,
            BackoffType = DelayBackoffType.Exponential,
            UseJitter = true,
            Delay = FirstPause,
            MaxDelay = LongestPause,
            ShouldHandle = tried => ValueTask.FromResult(tried.Outcome.Exception is { } e && again(e)),
        }).Build();
    }
}
