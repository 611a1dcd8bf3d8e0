using Polly;
using Polly.CircuitBreaker;
using Polly.Retry;
using Polly.Timeout;

namespace ZeroK.Storage.AzureBlob;

/// <summary>How every request is made: a time limit, tries again with growing pauses, and a pause for all when nothing gets through.</summary>
internal static class AzurePipeline
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan BreakFor = TimeSpan.FromSeconds(2);

    public static ResiliencePipeline Build(AzureBlobOptions options, TimeProvider time)
    {
        var builder = new ResiliencePipelineBuilder { TimeProvider = time }
            .AddCircuitBreaker(new CircuitBreakerStrategyOptions
            {
                FailureRatio = 0.9,
                MinimumThroughput = 5,
                SamplingDuration = TimeSpan.FromSeconds(10),
                BreakDuration = BreakFor,
                ShouldHandle = tried => ValueTask.FromResult(tried.Outcome.Exception is { } e && AzureFault.IsPassing(e)),
            });
        if (options.RetriesMax > 0)
        {
            builder.AddRetry(new RetryStrategyOptions
            {
                MaxRetryAttempts = options.RetriesMax,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                Delay = FirstPause,
                MaxDelay = LongestPause,
                ShouldHandle = tried => ValueTask.FromResult(tried.Outcome.Exception is { } e && AzureFault.IsPassing(e)),
            });
        }

        return builder.AddTimeout(new TimeoutStrategyOptions { Timeout = TimeSpan.FromSeconds(options.RequestSeconds) }).Build();
    }
}
