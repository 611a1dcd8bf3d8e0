using Spectre.Console;

namespace ZeroK.Cli.Terminal;

/// <summary>One or two progress bars on standard error; nothing where no person sees them.</summary>
internal sealed class ProgressBars : IDisposable
{
    private readonly TaskCompletionSource _end = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _drawing;
    private ProgressTask? _first;
    private ProgressTask? _second;

    private ProgressBars(Output output, string first, string? second, long total)
    {
        if (!output.ShowsProgress || total <= 1)
        {
            _drawing = Task.CompletedTask;
            return;
        }

        var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _drawing = output.ProgressConsole().Progress().AutoClear(true).StartAsync(async context =>
        {
            _first = context.AddTask(first, maxValue: total);
            if (second is not null) _second = context.AddTask(second, maxValue: total);
            ready.SetResult();
            await _end.Task;
        });
        ready.Task.Wait();
    }

    /// <summary>Starts drawing, if a person sees it and there is more than one thing to do.</summary>
    public static ProgressBars Start(Output output, string first, string? second, long total) => new(output, first, second, total);

    /// <summary>Moves the first bar.</summary>
    public void First(long by) => _first?.Increment(by);

    /// <summary>Moves the second bar.</summary>
    public void Second(long by) => _second?.Increment(by);

    /// <summary>Removes the bars.</summary>
    public void Dispose()
    {
        _end.TrySetResult();
        _drawing.Wait();
    }
}
