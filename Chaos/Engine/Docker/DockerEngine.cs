using System.Diagnostics;
using ZeroK.Chaos.Faults;

namespace ZeroK.Chaos.Docker;

/// <summary>The docker program as an engine for faults: a daemon that DOCKER_HOST names, or this machine's.</summary>
public sealed class DockerEngine : IContainerEngine
{
    /// <inheritdoc/>
    public async Task<IReadOnlyList<ContainerInfo>> ListAsync(CancellationToken cancellationToken) =>
        DockerCommands.ParseContainers(await DockerCommands.Containers("").RunAsync(cancellationToken).ConfigureAwait(false));

    /// <inheritdoc/>
    public Task KillAsync(string id, string signal, CancellationToken cancellationToken) => DockerCommands.Kill(id, signal).RunAsync(cancellationToken);

    /// <inheritdoc/>
    public Task StopAsync(string id, TimeSpan grace, CancellationToken cancellationToken) => DockerCommands.Stop(id, grace).RunAsync(cancellationToken);

    /// <inheritdoc/>
    public Task StartAsync(string id, CancellationToken cancellationToken) => DockerCommands.Start(id).RunAsync(cancellationToken);

    /// <inheritdoc/>
    public Task PauseAsync(string id, CancellationToken cancellationToken) => DockerCommands.Pause(id).RunAsync(cancellationToken);

    /// <inheritdoc/>
    public Task UnpauseAsync(string id, CancellationToken cancellationToken) => DockerCommands.Unpause(id).RunAsync(cancellationToken);

    /// <inheritdoc/>
    public Task RemoveAsync(string id, bool force, bool volumes, CancellationToken cancellationToken) => DockerCommands.Remove([id], force, volumes).RunAsync(cancellationToken);

    /// <summary>Removes what runners of this machine left that are gone: killed before they could clean up.</summary>
    /// <returns>How many containers and networks.</returns>
    public static async Task<int> RemoveLeftOversAsync(CancellationToken cancellationToken)
    {
        var containers = DockerCommands.ParseContainers(await DockerCommands.Containers(DockerLabels.Suite).RunAsync(cancellationToken).ConfigureAwait(false))
            .Where(c => IsLeftOver(c.Labels.GetValueOrDefault(DockerLabels.Runner, ""))).Select(c => c.Id).ToList();
        if (containers.Count > 0) await DockerCommands.Remove(containers, force: true, volumes: true).RunAsync(cancellationToken).ConfigureAwait(false);
        var networks = (await DockerCommands.Networks(DockerLabels.Suite).RunAsync(cancellationToken).ConfigureAwait(false))
            .Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => l.Split('\t')).Where(l => l.Length == 2 && IsLeftOver(l[1])).Select(l => l[0]).ToList();
        if (networks.Count > 0) await DockerCommands.RemoveNetworks(networks).RunAsync(cancellationToken).ConfigureAwait(false);
        return containers.Count + networks.Count;
    }

    private static bool IsLeftOver(string runner) => DockerLabels.IsLeftOver(runner, Environment.MachineName, Lives);

    private static bool Lives(int process)
    {
        try
        {
            using var found = Process.GetProcessById(process);
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }
}
