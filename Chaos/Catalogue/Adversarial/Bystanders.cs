using ZeroK.Chaos.History;
using ZeroK.Chaos.Topology;

namespace ZeroK.Chaos.Catalogue.Adversarial;

/// <summary>The group's own devices: each pushes a blob of up to 1 KiB every 25 ms, whatever goes on beside them. Their latency is from the app's push to the other app's delivery.</summary>
internal sealed class Bystanders(ITopology topology, Load load) : IAsyncDisposable
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(25);

    private readonly CancellationTokenSource _stop = new();
    private Task _work = Task.CompletedTask;

    /// <summary>They begin.</summary>
    public void Start() => _work = Task.WhenAll(topology.Clients.Select(c => Task.Run(() => WorkAsync(c))));

    /// <summary>They stop; what they pushed has arrived.</summary>
    /// <exception cref="Exception">A push failed.</exception>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _work.ConfigureAwait(false);
        await load.ArrivedAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Where the next window of latencies begins.</summary>
    public long Mark() => topology.History.Snapshot().Pushes.Select(p => p.StartUs).DefaultIfEmpty().Max();

    /// <summary>Latencies of what was pushed between two marks, milliseconds, sorted.</summary>
    public static IReadOnlyList<double> Latencies(RunHistory history, long after, long until)
    {
        var pushed = history.Pushes.Where(p => p.StartUs > after && p.StartUs <= until).ToDictionary(p => (p.Device, p.Sequence), p => p.StartUs);
        return [.. history.Deliveries.Where(d => pushed.ContainsKey((d.Sender, d.Sequence))).Select(d => (d.AtUs - pushed[(d.Sender, d.Sequence)]) / 1000.0).Order()];
    }

    /// <summary>The value below which that share lies.</summary>
    public static double Percentile(IReadOnlyList<double> sorted, double share) => sorted.Count == 0 ? double.PositiveInfinity : sorted[Math.Min(sorted.Count - 1, (int)(sorted.Count * share))];

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _work.ContinueWith(_ => { }, TaskScheduler.Default).ConfigureAwait(false);
        _stop.Dispose();
    }

    private async Task WorkAsync(ITestClient client)
    {
        using var timer = new PeriodicTimer(Period);
        while (!_stop.IsCancellationRequested)
        {
            await load.PushFromAsync(client, 1, 1024, CancellationToken.None).ConfigureAwait(false);
            await timer.WaitForNextTickAsync().ConfigureAwait(false);
        }
    }
}
