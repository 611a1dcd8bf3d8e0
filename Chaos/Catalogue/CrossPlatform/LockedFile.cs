using Microsoft.Data.Sqlite;
using ZeroK.Chaos.Scenarios;
using ZeroK.Chaos.Topology;

namespace ZeroK.Chaos.Catalogue.CrossPlatform;

/// <summary>X-PLAT-04: another process holds a lock on the client's files during a write. The client waits or queues: no corruption, no crash. The tier vm waits for a Windows machine; its Linux variant (a writer's lock on state.db) runs asked for by name.</summary>
public sealed class FileLockedByAnotherProcess : SyncScenario
{
    private static readonly TimeSpan Held = TimeSpan.FromSeconds(3);

    /// <inheritdoc/>
    public override string? WaitsFor(string tier) => tier is "vm" or "platforms" ? "waits for a Windows machine; the Linux variant runs with --scenario X-PLAT-04 --tier processes" : base.WaitsFor(tier);

    /// <inheritdoc/>
    protected override async Task RunAsync(ScenarioRun run, ITopology topology, Load load, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(run);
        ArgumentNullException.ThrowIfNull(topology);
        ArgumentNullException.ThrowIfNull(load);
        var (victim, other) = (topology.Clients[0], topology.Clients[1]);
        await load.PushAsync(3, 20_000, cancellationToken).ConfigureAwait(false);
        var path = Directory.EnumerateFiles(Path.Combine(topology.Settings.Directory, victim.Label), "state.db", SearchOption.AllDirectories).Single();
        Task pushing;
        using (var holder = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString()))
        {
            await holder.OpenAsync(cancellationToken).ConfigureAwait(false);
            using var locking = holder.BeginTransaction(deferred: false);
            pushing = load.PushFromAsync(victim, 5, 20_000, cancellationToken);
            await load.PushFromAsync(other, 5, 20_000, cancellationToken).ConfigureAwait(false);
            await Task.Delay(Held, TimeProvider.System, cancellationToken).ConfigureAwait(false);
            if (!pushing.IsCompleted) run.Fault(FormattableString.Invariant($"state.db was locked for {Held.TotalSeconds} s; a push waits"));
            run.That(victim.Running, "the client died of a locked file");
        }

        run.Healed("the lock is gone");
        await pushing.ConfigureAwait(false);
        await load.ArrivedAsync(cancellationToken).ConfigureAwait(false);
    }
}
