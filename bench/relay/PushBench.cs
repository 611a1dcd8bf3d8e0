using System.Diagnostics;
using ZeroK.Grains.Storage;
using ZeroK.Storage.Sqlite;
using ZeroK.Wire;
using ErrorCode = ZeroK.Wire.ErrorCode;

namespace ZeroK.Bench.Relay;

/// <summary>Acknowledged pushes a second: 64 sessions in 64 groups, 1 KiB, 16 pushes of one blob in flight each; and the bare store in the same run.</summary>
internal static class PushBench
{
    private const int Sessions = 64;
    private const int InFlight = 16;
    private const int BlobBytes = 1024;
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Measured = TimeSpan.FromSeconds(10);

    public static async Task RunAsync(string relayDll, Figures figures)
    {
        var store = await StoreRateAsync();
        await using var relay = await RelayUnderTest.StartAsync(relayDll, Group.RoomForLoad);
        var groups = Enumerable.Range(0, Sessions).Select(_ => new Group()).ToList();
        var sessions = new List<RawSession>();
        foreach (var group in groups) sessions.Add(await group.JoinAsync(relay));

        var run = new Run();
        var workers = sessions.Select(s => Task.Run(() => PushAsync(s, run))).ToList();
        var (rate, cpu) = await run.MeasureAsync(() => relay.Processor);
        await Task.WhenAll(workers);
        foreach (var session in sessions) await session.DisposeAsync();
        groups.ForEach(g => g.Dispose());

        figures.AddAtLeast($"acknowledged pushes/s, {Sessions} sessions, 1 KiB, TCP", rate, "pushes/s", 10_000);
        figures.Add("the same, relay's processor time a push", $"{cpu:0.0} µs", "all threads of the relay");
        figures.Add("bare store, group commit, 64 writers, same run", $"{store:#,0} appends/s", $"pushes are {rate / store:0.00} of it");
    }

    private static async Task PushAsync(RawSession session, Run run)
    {
        var body = Group.Body(BlobBytes);
        var flights = new Queue<Task<WireMessage>>();
        for (ulong sequence = 1; !run.Ended; sequence++)
        {
            flights.Enqueue(await session.SendAsync(new Push([new PushBlob(BlobId.New(), sequence, body)])));
            if (flights.Count == InFlight) await AcknowledgedAsync(flights.Dequeue(), run);
        }

        while (flights.TryDequeue(out var flight)) await AcknowledgedAsync(flight, run);
    }

    private static async Task AcknowledgedAsync(Task<WireMessage> reply, Run run)
    {
        if (await reply is not PushAck { Results: [{ Code: ErrorCode.None }] }) throw new InvalidOperationException($"A push was refused: {await reply}");
        run.Count();
    }

    private static async Task<double> StoreRateAsync()
    {
        var directory = Directory.CreateTempSubdirectory("zerok-bench-store-").FullName;
        double rate;
        using (var store = SqliteGroupStore.Open(new SqliteStoreOptions { DataDirectory = directory }))
        {
            var run = new Run();
            var writers = Enumerable.Range(0, Sessions).Select(_ => Task.Run(() => AppendAsync(store, run))).ToList();
            (rate, _) = await run.MeasureAsync(() => TimeSpan.Zero);
            await Task.WhenAll(writers);
        }

        Directory.Delete(directory, recursive: true);
        return rate;
    }

    private static async Task AppendAsync(SqliteGroupStore store, Run run)
    {
        var (group, device, body) = (Guid.NewGuid(), new DeviceId(Group.Body(32)), Group.Body(BlobBytes));
        var row = new GroupRow(Group.Body(16), Group.Body(32), Cursor.Zero, new Cursor(1), Cursor.Zero);
        await store.CommitAsync(new GroupCommit(group, 0, Cursor.Zero, row, [], [], []), CancellationToken.None);
        var flights = new Queue<Task<bool>>();
        for (ulong at = 1; !run.Ended; at++)
        {
            var append = new Append(new Cursor(at), device, at, BlobId.New(), 0, body);
            var commit = new GroupCommit(group, 1, new Cursor(at - 1), row with { LastCursor = new Cursor(at) }, [append], [], []);
            flights.Enqueue(store.CommitAsync(commit, CancellationToken.None).AsTask());
            if (flights.Count < InFlight) continue;
            if (!await flights.Dequeue()) throw new InvalidOperationException("The store fenced its only writer.");
            run.Count();
        }

        while (flights.TryDequeue(out var flight)) await flight;
    }

    /// <summary>Counts what workers finish between a warm-up and an end.</summary>
    private sealed class Run
    {
        private long _count;
        private volatile bool _ended;

        public bool Ended => _ended;

        public void Count() => Interlocked.Increment(ref _count);

        public async Task<(double PerSecond, double MicrosecondsEach)> MeasureAsync(Func<TimeSpan> processor)
        {
            await Task.Delay(WarmUp, TimeProvider.System);
            var (count, cpu, clock) = (Interlocked.Read(ref _count), processor(), Stopwatch.StartNew());
            await Task.Delay(Measured, TimeProvider.System);
            var (counted, spent, elapsed) = (Interlocked.Read(ref _count) - count, processor() - cpu, clock.Elapsed);
            _ended = true;
            return (counted / elapsed.TotalSeconds, spent.TotalMicroseconds / counted);
        }
    }
}
