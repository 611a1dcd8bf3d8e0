using System.Diagnostics;
using ZeroK.Chaos.Agent;

namespace ZeroK.Chaos.Topology;

/// <summary>An agent in a process of its own.</summary>
/// <param name="agentDll">The program with the verb <c>agent</c>.</param>
public sealed class ProcessAgentHost(string agentDll) : IAgentHost
{
    private Process? _process;

    /// <inheritdoc/>
    public bool Running => _process is { HasExited: false };

    /// <inheritdoc/>
    public Task<AgentPipe> StartAsync(AgentSettings settings, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(settings);
        _process?.Dispose();
        var start = new ProcessStartInfo("dotnet", [agentDll, "agent", .. settings.ToArguments()]) { RedirectStandardInput = true, RedirectStandardOutput = true };
        if (settings.Invite is not null) start.Environment[AgentSettings.InviteVariable] = settings.Invite;
        _process = Process.Start(start) ?? throw new InvalidOperationException("The agent can't be started.");
        return Task.FromResult(new AgentPipe(_process.StandardInput, _process.StandardOutput));
    }

    /// <inheritdoc/>
    public Task KillAsync()
    {
        _process!.Kill();
        return _process.WaitForExitAsync();
    }

    /// <inheritdoc/>
    public Task WaitForExitAsync() => _process!.WaitForExitAsync();

    /// <inheritdoc/>
    public Task PauseAsync()
    {
        Signals.Send(_process!.Id, Signals.Stop);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task ResumeAsync()
    {
        Signals.Send(_process!.Id, Signals.Continue);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _process?.Dispose();
        return ValueTask.CompletedTask;
    }
}
