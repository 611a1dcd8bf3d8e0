namespace ZeroK.Chaos.Faults;

/// <summary>Carries out faults on containers.</summary>
public interface IContainerFaults
{
    /// <summary>Does it, and undoes what ends by itself (pause, stop with restart) before it returns, also when cancelled.</summary>
    /// <returns>The names of the containers that were hit; at least one.</returns>
    /// <exception cref="ContainerFaultException">No container is meant, or the fault can't be done here.</exception>
    Task<IReadOnlyList<string>> ApplyAsync(ContainerFault fault, ContainerTarget target, CancellationToken cancellationToken);
}

/// <summary>A fault was not injected.</summary>
public sealed class ContainerFaultException : Exception
{
    /// <inheritdoc/>
    public ContainerFaultException() { }

    /// <inheritdoc/>
    public ContainerFaultException(string message) : base(message) { }

    /// <inheritdoc/>
    public ContainerFaultException(string message, Exception inner) : base(message, inner) { }
}
