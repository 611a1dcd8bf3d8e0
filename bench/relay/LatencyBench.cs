using System.Buffers.Binary;
using System.Diagnostics;
using ZeroK.Wire;

namespace ZeroK.Bench.Relay;

/// <summary>From sending a push to having pulled it on the other device after its NOTIFY, at 1,000 pushes/s over 32 pairs; the clock starts when the push was due, not when it got its turn.</summary>
internal static class LatencyBench
{
    private const int Pairs = 32;
    private const int PushesPerSecond = 1000;
    private const int BlobBytes = 1024;
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Measured = TimeSpan.FromSeconds(15);

    public static async Task RunAsync(string relayDll, Figures figures)
    {
        await using var relay = await RelayUnderTest.StartAsync(relayDll, Group.RoomForLoad);
        var clock = Stopwatch.StartNew();
        var all = new List<double>();
        await Task.WhenAll(Enumerable.Range(0, Pairs).Select(i => Task.Run(() => PairAsync(relay, clock, i, all))));
        figures.AddAtMost($"push → NOTIFY → pulled, p99 at {PushesPerSecond:#,0} pushes/s", Figures.Percentile(all, 0.99), "ms", 25);
        figures.Add("the same, median", $"{Figures.Percentile(all, 0.5):0.0} ms", $"{all.Count:#,0} blobs");
    }

    private static async Task PairAsync(RelayUnderTest relay, Stopwatch clock, int index, List<double> all)
    {
        using var group = new Group();
        await using var writer = await group.JoinAsync(relay);
        await using var reader = await group.JoinAsync(relay);
        using var news = new SemaphoreSlim(0);
        reader.Notified = _ => news.Release();

        var period = TimeSpan.FromSeconds((double)Pairs / PushesPerSecond);
        var start = clock.Elapsed + TimeSpan.FromSeconds(1) + period * ((double)index / Pairs);
        var count = (int)((WarmUp + Measured) / period);
        var pulling = PullAsync(reader, news, clock, start + WarmUp, count, all);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(1));
        for (var n = 0; n < count; n++)
        {
            var due = start + period * n;
            while (clock.Elapsed < due) await timer.WaitForNextTickAsync();
            var body = Group.Body(BlobBytes);
            BinaryPrimitives.WriteInt64LittleEndian(body, due.Ticks);
            await writer.SendAsync(new Push([new PushBlob(BlobId.New(), (ulong)n + 1, body)]));
        }

        await pulling;
    }

    private static async Task PullAsync(RawSession reader, SemaphoreSlim news, Stopwatch clock, TimeSpan from, int count, List<double> all)
    {
        var (after, seen) = (Cursor.Zero, 0);
        while (seen < count)
        {
            await news.WaitAsync();
            PullResponse page;
            do
            {
                page = await reader.RequestAsync<PullResponse>(new Pull(after, 100, WireLimits.PullBytesMax));
                after = page.Through;
                seen += page.Blobs.Count;
                foreach (var blob in page.Blobs) Record(blob, clock.Elapsed, from, all);
                await reader.TellAsync(new Ack(after));
            }
            while (page.Through < page.Head);
        }
    }

    private static void Record(PulledBlob blob, TimeSpan now, TimeSpan from, List<double> all)
    {
        var due = new TimeSpan(BinaryPrimitives.ReadInt64LittleEndian(blob.Envelope.Span));
        if (due < from) return;
        lock (all) all.Add((now - due).TotalMilliseconds);
    }
}
