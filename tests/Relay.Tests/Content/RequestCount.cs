using System.Diagnostics;

namespace ZeroK.Relay.Tests.Content;

/// <summary>Counts the HTTP requests that the test makes from now on; not those of tests beside it.</summary>
internal sealed class RequestCount : IDisposable
{
    private static readonly AsyncLocal<RequestCount?> Current = new();

    private readonly ActivityListener _listener;
    private int _count;

    public RequestCount()
    {
        Current.Value = this;
        _listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "System.Net.Http",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStarted = activity =>
            {
                if (Current.Value == this && activity.OperationName == "System.Net.Http.HttpRequestOut") Interlocked.Increment(ref _count);
            },
        };
        ActivitySource.AddActivityListener(_listener);
    }

    public int Count => Volatile.Read(ref _count);

    public void Dispose() => _listener.Dispose();
}
