using Xunit;
using ZeroK.Chaos.Proxy;
using ZeroK.Chaos.Proxy.Toxics;

namespace ZeroK.Chaos.Tests.Proxy;

/// <summary>The amounts: that 20 % is 20 %, that a rate is that rate.</summary>
public sealed class ToxicTests
{
    private static List<Piece> Send(Toxic toxic, Carrier carrier, int count, int bytes, int seed = 1, double everyMs = 1)
    {
        var link = new ToxicLink(carrier, new Random(seed));
        var emitted = new List<Piece>();
        for (var i = 0; i < count; i++) toxic.Apply(new Piece(PieceKind.Data, new byte[bytes], TimeSpan.FromMilliseconds(i * everyMs)), link, emitted.Add);
        return emitted;
    }

    [Theory, InlineData(5), InlineData(20)]
    public void Loss_drops_its_share_of_datagrams(double percent)
    {
        var lost = 1 - (Send(new Loss(percent / 100, 200), Carrier.Datagram, 20_000, 10).Count / 20_000.0);
        Assert.InRange(lost, (percent / 100) - 0.01, (percent / 100) + 0.01);
    }

    [Fact]
    public void Burst_loss_has_its_mean_and_its_correlation()
    {
        var toxic = new BurstLoss(0.10, 0.25, 200);
        var link = new ToxicLink(Carrier.Datagram, new Random(7));
        var lost = new List<bool>();
        for (var i = 0; i < 100_000; i++)
        {
            var before = link.Hits;
            toxic.Apply(new Piece(PieceKind.Data, new byte[1], default), link, _ => { });
            lost.Add(link.Hits > before);
        }

        Assert.InRange(lost.Count(l => l) / 100_000.0, 0.09, 0.11);
        var afterLoss = lost.Zip(lost.Skip(1)).Where(p => p.First).Average(p => p.Second ? 1.0 : 0);
        Assert.InRange(afterLoss, 0.30, 0.35); // 0.10 + 0.25 × 0.90
    }

    [Fact]
    public void Loss_on_a_stream_costs_retransmissions_and_no_byte()
    {
        var pieces = Send(new Loss(0.20, 200), Carrier.Stream, 5_000, Segments.Bytes);
        Assert.Equal(5_000 * Segments.Bytes, pieces.Sum(p => p.Bytes.Length));
        var late = pieces.Select((p, i) => (p.Due - TimeSpan.FromMilliseconds(i)).TotalMilliseconds).Where(ms => ms > 0.5).ToList();
        Assert.InRange(late.Count / 5_000.0, 0.18, 0.22);
        Assert.Contains(late, ms => Math.Abs(ms - 200) < 0.01);
        Assert.Contains(late, ms => Math.Abs(ms - 600) < 0.01); // lost twice: 200 + 400
    }

    [Fact]
    public void Bandwidth_is_the_rate_and_its_queue_a_second()
    {
        var toxic = new Bandwidth(7);
        var pieces = Send(toxic, Carrier.Stream, 1, 70_000);
        Assert.Equal(10, pieces[^1].Due.TotalSeconds, 3);
        Assert.Equal(7_000, toxic.QueueBytesMax);
        Assert.All(pieces, p => Assert.True(p.Bytes.Length <= 700));
    }

    [Fact]
    public void Bandwidth_drops_datagrams_that_find_the_queue_full()
    {
        var pieces = Send(new Bandwidth(10), Carrier.Datagram, 1000, 1000, everyMs: 1);
        Assert.InRange(pieces.Count, 20, 40); // 1 s at 10 kB/s and a queue of 1 s
    }

    [Fact]
    public void Latency_stays_between_its_bounds_and_uses_them()
    {
        var delays = Send(new Latency(200, 150), Carrier.Datagram, 5_000, 10).Select((p, i) => p.Due.TotalMilliseconds - i).ToList();
        Assert.InRange(delays.Min(), 50, 55);
        Assert.InRange(delays.Max(), 345, 350);
        Assert.InRange(delays.Average(), 195, 205);
    }

    [Fact]
    public void Corrupt_flips_exactly_one_bit()
    {
        var pieces = Send(new Corrupt(1), Carrier.Datagram, 100, 50);
        Assert.All(pieces, p => Assert.Equal(1, p.Bytes.ToArray().Sum(b => int.PopCount(b))));
        Assert.True(pieces.Select(p => Convert.ToHexString(p.Bytes.Span)).Distinct().Count() > 50);
    }

    [Fact]
    public void Toxicity_acts_on_its_share_of_links_and_a_seed_replays_which()
    {
        var spec = ToxicSpec.Create("partition", Direction.Upstream, toxicity: 0.3);
        List<bool> Links(long seed) => [.. Enumerable.Range(0, 1000).Select(i =>
        {
            var chain = new ToxicChain(Carrier.Stream, Direction.Upstream, seed, $"tcp{i}");
            chain.Update([spec], null, default, _ => { });
            return chain.Holds;
        })];
        Assert.InRange(Links(5).Count(h => h), 250, 350);
        Assert.Equal(Links(5), Links(5));
        Assert.NotEqual(Links(5), Links(6));
    }

    [Fact]
    public void Toxics_of_the_other_direction_are_left_out()
    {
        var chain = new ToxicChain(Carrier.Stream, Direction.Upstream, 1, "tcp0");
        chain.Update([ToxicSpec.Create("partition", Direction.Downstream)], null, default, _ => { });
        Assert.False(chain.Holds);
    }
}
