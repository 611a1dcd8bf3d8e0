using ZeroK.Chaos.Agent;

namespace ZeroK.Chaos.Topology;

/// <summary>Where a client agent runs: in a process, in a container, in this process. Only the life and the two pipes differ.</summary>
public interface IAgentHost : IAsyncDisposable
{
    /// <summary>Whether it lives, be it paused.</summary>
    bool Running { get; }

    /// <summary>Starts the agent; not called while one runs.</summary>
    Task<AgentPipe> StartAsync(AgentSettings settings, CancellationToken cancellationToken);

    /// <summary>kill -9, or what comes nearest. Its output ends, after what it had written.</summary>
    Task KillAsync();

    /// <summary>Returns when it is gone.</summary>
    Task WaitForExitAsync();

    /// <summary>SIGSTOP.</summary>
    /// <exception cref="Scenarios.ScenarioSkippedException">It can't be paused here.</exception>
    Task PauseAsync();

    /// <summary>SIGCONT.</summary>
    Task ResumeAsync();
}

/// <summary>An agent's standard input and output.</summary>
public sealed record AgentPipe(TextWriter Input, TextReader Output);
