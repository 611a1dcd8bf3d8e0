namespace ZeroK.Chaos.Faults;

/// <summary>Pumba's verbs, carried out on a container engine of our own.</summary>
/// <param name="engine">The engine.</param>
/// <param name="random">Seeded; chooses where a target is random or limited.</param>
/// <param name="time">Counts pauses.</param>
public sealed class ContainerFaults(IContainerEngine engine, Random random, TimeProvider time) : IContainerFaults
{
    /// <inheritdoc/>
    public async Task<IReadOnlyList<string>> ApplyAsync(ContainerFault fault, ContainerTarget target, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(fault);
        ArgumentNullException.ThrowIfNull(target);
        if (fault is NetemFault)
        {
            throw new ContainerFaultException("netem is not done by this adapter: put the proxy's toxics (latency, loss, burst_loss, duplicate, corrupt, bandwidth) on the container's path, "
                + $"or run Pumba on a kernel with sch_netem: {Pumba.Command(fault, target)}");
        }

        var chosen = Choose(await engine.ListAsync(cancellationToken).ConfigureAwait(false), fault, target);
        if (chosen.Count == 0) throw new ContainerFaultException($"No container is meant by: {target}");
        await Task.WhenAll(chosen.Select(c => OneAsync(fault, c.Id, cancellationToken))).ConfigureAwait(false);
        return [.. chosen.Select(c => c.Name)];
    }

    // Sorted first: the seed alone decides, not the order of the engine's list.
    private List<ContainerInfo> Choose(IReadOnlyList<ContainerInfo> all, ContainerFault fault, ContainerTarget target)
    {
        var meant = all.Where(c => (c.Running || fault is RemoveFault) && target.Selects(c.Name, c.Labels)).OrderBy(c => c.Name, StringComparer.Ordinal).ToArray();
        var atMost = target.Random ? 1 : target.Limit > 0 ? target.Limit : meant.Length;
        if (atMost < meant.Length) random.Shuffle(meant);
        return [.. meant.Take(atMost)];
    }

    private Task OneAsync(ContainerFault fault, string id, CancellationToken cancellationToken) => fault switch
    {
        KillFault kill => engine.KillAsync(id, kill.Signal, cancellationToken),
        StopFault stop => StopAsync(stop, id, cancellationToken),
        PauseFault pause => PauseAsync(pause, id, cancellationToken),
        RemoveFault remove => engine.RemoveAsync(id, remove.Force, remove.Volumes, cancellationToken),
        _ => throw new ContainerFaultException($"{fault.GetType().Name} can't be carried out here."),
    };

    private async Task StopAsync(StopFault stop, string id, CancellationToken cancellationToken)
    {
        await engine.StopAsync(id, TimeSpan.FromSeconds(stop.GraceSeconds), cancellationToken).ConfigureAwait(false);
        if (stop.RestartAfter is { } after) await UndoAfterAsync(after, () => engine.StartAsync(id, CancellationToken.None), cancellationToken).ConfigureAwait(false);
    }

    private async Task PauseAsync(PauseFault pause, string id, CancellationToken cancellationToken)
    {
        await engine.PauseAsync(id, cancellationToken).ConfigureAwait(false);
        await UndoAfterAsync(pause.Duration, () => engine.UnpauseAsync(id, CancellationToken.None), cancellationToken).ConfigureAwait(false);
    }

    private async Task UndoAfterAsync(TimeSpan after, Func<Task> undo, CancellationToken cancellationToken)
    {
        try
        {
            await Task.Delay(after, time, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            await undo().ConfigureAwait(false);
        }
    }
}
