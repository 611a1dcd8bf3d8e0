using System.Diagnostics;

namespace ZeroK.Bench.Cluster;

/// <summary>What one subject did: acknowledged writes, in this time, and the processor time of each process that took part.</summary>
internal sealed record Measured(string Name, long Done, TimeSpan Elapsed, IReadOnlyList<(string Part, TimeSpan Processor)> Parts)
{
    public double PerSecond => Done / Elapsed.TotalSeconds;

    public override string ToString() => FormattableString.Invariant($"| {Name} | {PerSecond:N0} | {string.Join(", ", Parts.Select(p => FormattableString.Invariant($"{p.Part} {p.Processor.TotalMicroseconds / Math.Max(1, Done):F0}")))} |");
}

/// <summary>Closed loops: each worker has so many writes under way and begins the next when one is acknowledged.</summary>
internal static class Load
{
    /// <summary>How long all subjects run before it counts: programs that compile as they go need it.</summary>
    public static TimeSpan WarmUp { get; set; } = TimeSpan.FromSeconds(8);

    /// <summary>Runs the workers to warm up, and then for the time that counts.</summary>
    /// <param name="name">The row's name.</param>
    /// <param name="workers">Each writes once and returns when that is acknowledged; called again and again.</param>
    /// <param name="time">How long it counts.</param>
    /// <param name="processor">The processor time of each part, since its start.</param>
    /// <param name="each">Writes that one call stands for.</param>
    public static async Task<Measured> RunAsync(string name, IReadOnlyList<Func<Task>> workers, TimeSpan time, Func<IReadOnlyList<(string Part, TimeSpan Processor)>> processor, int each = 1)
    {
        long done = 0;
        using var stop = new CancellationTokenSource();
        var running = workers.Select(worker => Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                await worker();
                Interlocked.Add(ref done, each);
            }
        })).ToList();
        await Task.Delay(WarmUp, TimeProvider.System);
        var (before, from, parts) = (Interlocked.Read(ref done), Stopwatch.GetTimestamp(), processor());
        await Task.WhenAny(Task.WhenAll(running), Task.Delay(time, TimeProvider.System));
        var (counted, elapsed, after) = (Interlocked.Read(ref done) - before, Stopwatch.GetElapsedTime(from), processor());
        await stop.CancelAsync();
        await Task.WhenAll(running);
        return new Measured(name, counted, elapsed, [.. parts.Select((p, i) => (p.Part, after[i].Processor - p.Processor))]);
    }
}

/// <summary>Processor time of processes, from /proc: user and system, in ticks of 10 ms.</summary>
internal static class ProcessorTime
{
    public static TimeSpan Of(params int[] processes) => TimeSpan.FromMilliseconds(10 * processes.Sum(Ticks));

    /// <summary>A process and its children: those that ended before are counted by their parent.</summary>
    public static TimeSpan OfTree(int parent) => Of([parent, .. Children(parent)]);

    private static IEnumerable<int> Children(int parent)
    {
        var path = $"/proc/{parent}/task/{parent}/children";
        return File.Exists(path) ? File.ReadAllText(path).Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse) : [];
    }

    private static long Ticks(int process)
    {
        try
        {
            // After the name in brackets: utime and stime are the 12th and 13th, and those of ended children the 14th and 15th.
            var fields = File.ReadAllText($"/proc/{process}/stat").Split(") ")[^1].Split(' ');
            return long.Parse(fields[11]) + long.Parse(fields[12]) + long.Parse(fields[13]) + long.Parse(fields[14]);
        }
        catch (IOException)
        {
            // It ended meanwhile; its parent counts it.
            return 0;
        }
    }
}
