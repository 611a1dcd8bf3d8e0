using ZeroK.Chaos.Agent;
using ZeroK.Chaos.Topology;

namespace ZeroK.Chaos.Docker;

/// <summary>An agent in a container of its own; its device's files live in the container's layer.</summary>
/// <param name="make">Makes the container from the agent's arguments and its file of variables, once.</param>
/// <param name="directory">For that file.</param>
internal sealed class ContainerAgentHost(Func<IReadOnlyList<string>, string?, ContainerSpec> make, string directory) : IAgentHost
{
    private Container? _container;

    /// <inheritdoc/>
    public bool Running => _container is { Running: true };

    /// <inheritdoc/>
    public async Task<AgentPipe> StartAsync(AgentSettings settings, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(settings);
        _container ??= new Container(make(["agent", .. settings.ToArguments()], WriteVariables(settings)));
        var process = await _container.StartAsync(cancellationToken).ConfigureAwait(false);
        process.ErrorDataReceived += (_, line) => Console.Error.WriteLine(line.Data);
        process.BeginErrorReadLine();
        return new AgentPipe(process.StandardInput, process.StandardOutput);
    }

    /// <inheritdoc/>
    public Task KillAsync() => _container!.KillAsync();

    /// <inheritdoc/>
    public Task WaitForExitAsync() => _container!.WaitForExitAsync();

    /// <inheritdoc/>
    public Task PauseAsync() => _container!.PauseAsync();

    /// <inheritdoc/>
    public Task ResumeAsync() => _container!.ResumeAsync();

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _container?.DisposeAsync() ?? ValueTask.CompletedTask;

    // The invite is a secret: not on a command line, and in a file that only its owner can read.
    private string? WriteVariables(AgentSettings settings)
    {
        if (settings.Invite is null) return null;
        var file = Path.Combine(directory, Path.GetFileName(settings.Directory) + ".env");
        Directory.CreateDirectory(directory);
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using var writer = new StreamWriter(file, options);
        writer.WriteLine(AgentSettings.InviteVariable + "=" + settings.Invite);
        return file;
    }
}
