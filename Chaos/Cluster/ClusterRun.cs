using System.Diagnostics;

namespace ZeroK.Chaos.Cluster;

/// <summary>What a run of faults is made of.</summary>
/// <param name="RelayDll">The relay's program.</param>
/// <param name="For">How long faults go on.</param>
/// <param name="Rate">Pushes a second.</param>
/// <param name="Groups">Groups.</param>
/// <param name="Relays">Relays.</param>
/// <param name="BodyBytes">Bytes a push.</param>
/// <param name="Seed">Decides the faults and who goes where.</param>
/// <param name="Fault">Only faults whose name contains this; empty: all.</param>
/// <param name="LogDirectory">Where the relays' logs go at the end; null: nowhere.</param>
public sealed record ClusterRunOptions(string RelayDll, TimeSpan For, double Rate, int Groups, int Relays, int BodyBytes, int Seed, string Fault = "", string? LogDirectory = null);

/// <summary>A steady load on a cluster whose relays are killed and frozen and whose database restarts, at random from a seed; the judges look at all that was seen.</summary>
public static class ClusterRun
{
    private static readonly TimeSpan SettlePatience = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(4);

    /// <summary>Runs, tells what happens as it goes, and closes with a table. True if nothing was lost, doubled or left out and every fault was within its bound.</summary>
    public static async Task<bool> RunAsync(ClusterRunOptions options, TextWriter output, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        await output.WriteLineAsync(FormattableString.Invariant($"seed {options.Seed}: {options.Relays} relays, {options.Groups} groups, {options.Rate} pushes/s of {options.BodyBytes} bytes, {options.For.TotalSeconds} s of faults")).ConfigureAwait(false);
        await using var nodes = await Nodes.StartAsync(options.RelayDll, options.Relays, ["--Gateway:MessagesPerDevicePerSecond=100000"], cancellationToken).ConfigureAwait(false);
        await using var load = new ClusterLoad(nodes, options.Groups, options.BodyBytes, options.Seed);
        load.Connect();
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var pushing = load.PushAsync(options.Rate, enough.Token);
        await Task.Delay(WarmUp, TimeProvider.System, cancellationToken).ConfigureAwait(false);
        var warmUs = load.NowUs;
        var faults = await InjectAsync(nodes, load, options, output, cancellationToken).ConfigureAwait(false);
        await enough.CancelAsync().ConfigureAwait(false);
        await pushing.ConfigureAwait(false);
        var settled = await load.SettleAsync(SettlePatience).ConfigureAwait(false);
        if (options.LogDirectory is { } logs) await nodes.KeepLogsAsync(logs, cancellationToken).ConfigureAwait(false);
        return Report(load, faults, warmUs, settled, output);
    }

    private static async Task<List<(ClusterFault Fault, long AtUs, long HealedUs)>> InjectAsync(Nodes nodes, ClusterLoad load, ClusterRunOptions options, TextWriter output, CancellationToken stop)
    {
        var random = new Random(options.Seed);
        var kinds = ClusterFault.All.Where(f => f.Name.Contains(options.Fault, StringComparison.OrdinalIgnoreCase)).ToList();
        var since = Stopwatch.GetTimestamp();
        var done = new List<(ClusterFault, long, long)>();
        while (Stopwatch.GetElapsedTime(since) < options.For)
        {
            var fault = kinds[random.Next(kinds.Count)];
            var atUs = load.NowUs;
            await fault.InjectAsync(nodes, random, stop).ConfigureAwait(false);
            done.Add((fault, atUs, load.NowUs));
            foreach (var relay in nodes.Relays.Where(r => !r.Running).ToList())
            {
                await output.WriteLineAsync($"  {fault.Name}: a relay that had no fault ended; started again").ConfigureAwait(false);
                await relay.StartAsync(stop).ConfigureAwait(false);
            }

            if (!await load.SettleSoonAsync(atUs, SettlePatience).ConfigureAwait(false))
            {
                await output.WriteLineAsync($"  {fault.Name}: groups did not answer again within {SettlePatience.TotalSeconds} s").ConfigureAwait(false);
                foreach (var relay in nodes.Relays) await output.WriteLineAsync("--- relay log, its end ---\n" + Tail(relay.Log)).ConfigureAwait(false);
                return done;
            }

            await output.WriteLineAsync(FormattableString.Invariant($"  {(atUs / 1e6),7:F1} s  {fault.Name,-20} longest wait {Waits.WorstUs(load.Latencies, atUs, load.NowUs) / 1e6:F2} s, {load.Acknowledged} acknowledged")).ConfigureAwait(false);
            await Task.Delay(Quiet * (0.5 + random.NextDouble()), TimeProvider.System, stop).ConfigureAwait(false);
        }

        return done;
    }

    private static bool Report(ClusterLoad load, List<(ClusterFault Fault, long AtUs, long HealedUs)> faults, long warmUs, bool settled, TextWriter output)
    {
        var wrong = load.Judge().ToList();
        if (!settled) wrong.Insert(0, FormattableString.Invariant($"after {SettlePatience.TotalSeconds} s of peace {load.Pending} pushes wait and {load.Delivered} of {load.Acknowledged} were read"));
        var (lost, twice, gaps) = (Count("nothing acknowledged is lost"), Count("cursors are unique"), Count("cursors have no gap"));
        output.WriteLine(FormattableString.Invariant($"acknowledged {load.Acknowledged}, read {load.Delivered}, sessions {load.Sessions}"));
        output.WriteLine(FormattableString.Invariant($"groups with: acknowledged blobs lost {lost}, double cursors {twice}, gaps {gaps}"));
        var ok = wrong.Count == 0;
        foreach (var kind in faults.Select((f, i) => (f.Fault, WorstUs: Waits.WorstUs(load.Latencies, f.AtUs, End(i)), AfterUs: Waits.WorstUs(load.Latencies, f.HealedUs, End(i)))).GroupBy(f => f.Fault))
        {
            var worst = TimeSpan.FromMicroseconds(kind.Max(k => k.WorstUs));
            var within = kind.Key.UnavailableMax is not { } most || worst < most;
            ok &= within;
            var after = kind.Key.UnavailableMax is null ? FormattableString.Invariant($", of that {kind.Max(k => k.AfterUs) / 1e6:F2} s after it was back") : "";
            output.WriteLine(FormattableString.Invariant($"{kind.Key.Name,-20} {kind.Count(),3} times, longest unavailability of a group {worst.TotalSeconds:F2} s{(kind.Key.UnavailableMax is { } limit ? $" (bound {limit.TotalSeconds} s{(within ? "" : ", MISSED")})" : after)}"));
        }

        var calm = load.Latencies.Where(l => l.StartUs > warmUs).Select(l => l.EndUs - l.StartUs).Order().ToList();
        if (calm.Count > 0) output.WriteLine(FormattableString.Invariant($"push to acknowledgement, faults included: p50 {calm[calm.Count / 2] / 1e3:F1} ms, p99 {calm[calm.Count * 99 / 100] / 1e3:F0} ms"));
        foreach (var what in wrong.Take(20)) output.WriteLine("WRONG " + what);
        output.WriteLine(ok ? "held" : "FAILED");
        return ok;

        long End(int fault) => fault + 1 < faults.Count ? faults[fault + 1].AtUs : long.MaxValue;

        int Count(string judge) => wrong.Count(w => w.Contains(judge, StringComparison.Ordinal));
    }

    private static string Tail(string log) => log[Math.Max(0, log.Length - 3000)..];
}
