using System.Diagnostics;
using System.Globalization;
using NSec.Cryptography;
using ZeroK.Chaos.History;
using ZeroK.Chaos.Judges;

namespace ZeroK.Chaos.Cluster;

/// <summary>Groups of a pusher and a reader each, at a steady rate, and what they saw.</summary>
public sealed class ClusterLoad : IAsyncDisposable
{
    private readonly List<(Key Admission, Pusher Pusher, Reader Reader)> _groups = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _running = [];
    private readonly long _start = Stopwatch.GetTimestamp();

    /// <param name="nodes">The cluster.</param>
    /// <param name="groups">How many groups.</param>
    /// <param name="bodyBytes">Bytes a push.</param>
    /// <param name="seed">For which relay each device goes to, and when.</param>
    public ClusterLoad(Nodes nodes, int groups, int bodyBytes, int seed)
    {
        for (var i = 0; i < groups; i++)
        {
            var admission = Key.Create(SignatureAlgorithm.Ed25519);
            var pusher = new Pusher(nodes, admission, string.Create(CultureInfo.InvariantCulture, $"p{i}"), bodyBytes, (seed * 1000) + (2 * i), () => NowUs);
            var reader = new Reader(nodes, admission, string.Create(CultureInfo.InvariantCulture, $"r{i}"), d => d == pusher.Device ? pusher.Label : "nobody", (seed * 1000) + (2 * i) + 1, () => NowUs);
            _groups.Add((admission, pusher, reader));
        }
    }

    /// <summary>Microseconds since the load was made.</summary>
    public long NowUs => (long)Stopwatch.GetElapsedTime(_start).TotalMicroseconds;

    /// <summary>Pushes that wait for their acknowledgement.</summary>
    public int Pending => _groups.Sum(g => g.Pusher.Pending);

    /// <summary>Blobs that readers have.</summary>
    public int Delivered => _groups.Sum(g => g.Reader.Deliveries.Count);

    /// <summary>Pushes that were acknowledged.</summary>
    public int Acknowledged => _groups.Sum(g => g.Pusher.Acknowledged.Count);

    /// <summary>The fewest that a group had acknowledged.</summary>
    public int AcknowledgedLeast => _groups.Min(g => g.Pusher.Acknowledged.Count);

    /// <summary>Sessions begun by all devices.</summary>
    public int Sessions => _groups.Sum(g => g.Pusher.Sessions + g.Reader.Sessions);

    /// <summary>How the devices' sessions ended, and how often.</summary>
    public SessionEnds Ends => SessionEnds.Sum(_groups.SelectMany(g => new[] { g.Pusher.Ends, g.Reader.Ends }));

    /// <summary>Connects everybody.</summary>
    public void Connect()
    {
        foreach (var (_, pusher, reader) in _groups)
        {
            _running.Add(Task.Run(() => pusher.RunAsync(_stop.Token)));
            _running.Add(Task.Run(() => reader.RunAsync(_stop.Token)));
        }
    }

    /// <summary>Pushes at a steady rate, the groups in turn, whatever the cluster does; returns when told to stop.</summary>
    public async Task PushAsync(double perSecond, CancellationToken until)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        var from = Stopwatch.GetTimestamp();
        long made = 0;
        try
        {
            while (await timer.WaitForNextTickAsync(until).ConfigureAwait(false))
            {
                for (var due = (long)(Stopwatch.GetElapsedTime(from).TotalSeconds * perSecond); made < due; made++) _groups[(int)(made % _groups.Count)].Pusher.Push();
            }
        }
        catch (OperationCanceledException) when (until.IsCancellationRequested)
        {
            return;
        }
    }

    /// <summary>Waits until everything pushed is acknowledged and read; false if that takes too long.</summary>
    public async Task<bool> SettleAsync(TimeSpan patience)
    {
        var since = Stopwatch.GetTimestamp();
        while (Pending > 0 || _groups.Any(g => (ulong)g.Pusher.Acknowledged.Count > (ulong)g.Reader.Deliveries.Count))
        {
            if (Stopwatch.GetElapsedTime(since) > patience) return false;
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System).ConfigureAwait(false);
        }

        return true;
    }

    /// <summary>Waits until no push waits that was made before now; false if that takes too long.</summary>
    public async Task<bool> SettleSoonAsync(long faultUs, TimeSpan patience)
    {
        var (since, nowUs) = (Stopwatch.GetTimestamp(), Math.Max(NowUs, faultUs));
        while (WaitingSinceUs is { } waiting && waiting < nowUs)
        {
            if (Stopwatch.GetElapsedTime(since) > patience) return false;
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System).ConfigureAwait(false);
        }

        return true;
    }

    /// <summary>Acknowledged pushes: when each was made and acknowledged, microseconds.</summary>
    public IEnumerable<(long StartUs, long EndUs)> Latencies => _groups.SelectMany(g => g.Pusher.Acknowledged.Select(a => (a.StartUs, a.EndUs!.Value)));

    /// <summary>Since when the push has waited that waits longest; null if none waits.</summary>
    public long? WaitingSinceUs => _groups.Min(g => g.Pusher.WaitingSinceUs);

    /// <summary>What all judges found, and what no cluster's failure excuses; empty if all is well. Each group is a history of its own.</summary>
    public IReadOnlyList<string> Judge()
    {
        var wrong = new List<string>();
        foreach (var (_, pusher, reader) in _groups)
        {
            foreach (var broken in new[] { pusher.Broken, reader.Broken })
            {
                if (broken is not null) wrong.Add(broken);
            }

            var history = HistoryOf(pusher, reader);
            wrong.AddRange(HistoryJudges.All.Select(j => j.Decide(history)).Where(v => v.Judge != "reads are monotonic" || v.Checked > 0).Where(v => !v.Passed).Select(v => $"{pusher.Label}: {v}"));
        }

        return wrong;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(_running).ConfigureAwait(false);
        foreach (var (admission, pusher, reader) in _groups)
        {
            pusher.Dispose();
            reader.Dispose();
            admission.Dispose();
        }

        _stop.Dispose();
    }

    private static RunHistory HistoryOf(Pusher pusher, Reader reader)
    {
        var acknowledged = pusher.Acknowledged;
        var contiguous = 0UL;
        foreach (var delivery in reader.Deliveries.OrderBy(d => d.Sequence))
        {
            if (delivery.Sequence == contiguous + 1) contiguous++;
        }

        return new RunHistory
        {
            Pushes = [.. acknowledged, .. pusher.Unknown],
            Deliveries = [.. reader.Deliveries],
            Ends =
            [
                new EndState(pusher.Label, FormattableString.Invariant($"{pusher.Label}={acknowledged.Count}"), reader.Head, reader.Head, pusher.Pending),
                new EndState(reader.Label, FormattableString.Invariant($"{pusher.Label}={contiguous}"), reader.Received, reader.Head, 0),
            ],
        };
    }
}
