using ZeroK.Chaos.Agent;
using ZeroK.Chaos.Scenarios;

namespace ZeroK.Chaos.Topology;

/// <summary>An agent as a task of this process: the same program, over pipes of lines.</summary>
/// <remarks>A task can't be killed: kill closes its input in the middle of whatever it does, and it closes by itself. What a real kill does to files is seen on the tier processes.</remarks>
internal sealed class InProcessAgentHost : IAgentHost
{
    private Task<int> _running = Task.FromResult(0);
    private LinePipe? _input;

    /// <inheritdoc/>
    public bool Running => !_running.IsCompleted;

    /// <inheritdoc/>
    public Task<AgentPipe> StartAsync(AgentSettings settings, CancellationToken cancellationToken)
    {
        var (input, output) = (new LinePipe(), new LinePipe());
        _input = input;
        _running = Task.Run(
            async () =>
            {
                try
                {
                    return await AgentProgram.RunAsync(settings, input.Reader, output.Writer).ConfigureAwait(false);
                }
                finally
                {
                    input.End();
                    output.End();
                }
            },
            CancellationToken.None);
        return Task.FromResult(new AgentPipe(input.Writer, output.Reader));
    }

    /// <inheritdoc/>
    public Task KillAsync()
    {
        _input?.End();
        return WaitForExitAsync();
    }

    /// <inheritdoc/>
    public Task WaitForExitAsync() => _running;

    /// <inheritdoc/>
    public Task PauseAsync() => throw new ScenarioSkippedException("a device within the runner's process can't be paused; run it on the tier processes");

    /// <inheritdoc/>
    public Task ResumeAsync() => throw new ScenarioSkippedException("a device within the runner's process can't be paused; run it on the tier processes");

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
