namespace ZeroK.Chaos.Faults;

/// <summary>A container as the engine lists it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">Its name, without the leading slash.</param>
/// <param name="Labels">Its labels.</param>
/// <param name="Running">Whether it runs, be it paused.</param>
public sealed record ContainerInfo(string Id, string Name, IReadOnlyDictionary<string, string> Labels, bool Running);

/// <summary>The few verbs that faults need of a container engine. A call for a container that is gone fails with the engine's own exception.</summary>
public interface IContainerEngine
{
    /// <summary>All containers, stopped ones too.</summary>
    Task<IReadOnlyList<ContainerInfo>> ListAsync(CancellationToken cancellationToken);

    /// <summary>Sends a signal to the main process; <paramref name="signal"/> is its full name.</summary>
    Task KillAsync(string id, string signal, CancellationToken cancellationToken);

    /// <summary>SIGTERM, then SIGKILL after the grace; returns when it is stopped.</summary>
    Task StopAsync(string id, TimeSpan grace, CancellationToken cancellationToken);

    /// <summary>Starts a stopped container.</summary>
    Task StartAsync(string id, CancellationToken cancellationToken);

    /// <summary>Freezes all its processes.</summary>
    Task PauseAsync(string id, CancellationToken cancellationToken);

    /// <summary>Lets them go on.</summary>
    Task UnpauseAsync(string id, CancellationToken cancellationToken);

    /// <summary>Removes it, with its anonymous volumes where wanted; a running one only with force.</summary>
    Task RemoveAsync(string id, bool force, bool volumes, CancellationToken cancellationToken);
}
