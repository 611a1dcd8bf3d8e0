using Xunit;
using ZeroK.Chaos.Proxy;
using ZeroK.Chaos.Proxy.Toxics;

namespace ZeroK.Chaos.Tests.Proxy;

/// <summary>What every toxic owes: it hurts only in the ways that its row says. Runs over <see cref="ToxicKinds.All"/>, so a new row is under test at once.</summary>
public abstract class ToxicContractTests(Carrier carrier)
{
    private const int Pieces = 200;

    public static TheoryData<string> Kinds => [.. ToxicKinds.All.Select(k => k.Type)];

    [Theory, MemberData(nameof(Kinds))]
    public void Without_corruption_every_byte_out_came_in(string type)
    {
        var run = Run(type, 1);
        if (run.Harm.HasFlag(Harm.Corrupts)) Assert.NotEqual(run.In, run.Out);
        else if (carrier == Carrier.Stream) Assert.StartsWith(Convert.ToHexString(run.OutBytes), Convert.ToHexString(run.InBytes));
        else Assert.Subset(run.In.ToHashSet(), run.Out.ToHashSet());
    }

    [Theory, MemberData(nameof(Kinds))]
    public void Without_drops_nothing_is_missing(string type)
    {
        var run = Run(type, 2);
        if (run.Harm.HasFlag(Harm.Drops)) Assert.True(run.OutBytes.Length < run.InBytes.Length, "the row says that it drops, and it did not");
        else Assert.True(run.OutBytes.Length >= run.InBytes.Length, $"{run.InBytes.Length} bytes in, {run.OutBytes.Length} out");
    }

    [Theory, MemberData(nameof(Kinds))]
    public void Without_duplication_nothing_comes_twice(string type)
    {
        var run = Run(type, 3);
        if (run.Harm.HasFlag(Harm.Duplicates)) Assert.True(run.Out.Count > run.In.Count);
        else Assert.True(run.OutBytes.Length <= run.InBytes.Length);
    }

    [Theory, MemberData(nameof(Kinds))]
    public void Without_splitting_pieces_stay_whole(string type)
    {
        var run = Run(type, 4);
        if (run.Harm.HasFlag(Harm.Splits)) Assert.Contains(run.Out, o => !run.In.Contains(o));
        else if (!run.Harm.HasFlag(Harm.Corrupts)) Assert.Subset(run.In.ToHashSet(), run.Out.ToHashSet());
    }

    [Theory, MemberData(nameof(Kinds))]
    public void Without_delays_data_goes_out_when_it_came_in(string type)
    {
        var run = Run(type, 5);
        Assert.All(run.Emitted, e => Assert.True(e.Piece.Due >= e.CameIn, "let out before it came in"));
        var late = run.Emitted.Where(e => e.Piece.Due > e.CameIn && e.Piece.Due != Piece.Held).ToList();
        if (run.Harm.HasFlag(Harm.Delays)) Assert.NotEmpty(late);
        else Assert.Empty(late);
    }

    [Theory, MemberData(nameof(Kinds))]
    public void Without_holding_everything_has_a_time(string type)
    {
        var run = Run(type, 6);
        Assert.Equal(run.Harm.HasFlag(Harm.Holds), run.Emitted.Any(e => e.Piece.Due == Piece.Held));
        if (carrier == Carrier.Stream) Assert.Equal(run.Harm.HasFlag(Harm.Holds), run.Toxic.Holds);
    }

    [Theory, MemberData(nameof(Kinds))]
    public void Without_closing_the_end_comes_only_after_the_last_byte(string type)
    {
        var run = Run(type, 7);
        var closes = run.Started.Concat(run.Emitted.Select(e => e.Piece)).Any(p => p.Kind is PieceKind.Close or PieceKind.Reset);
        Assert.Equal(run.Harm.HasFlag(Harm.Closes), closes);
        if (carrier == Carrier.Stream && !run.Harm.HasFlag(Harm.Closes)) Assert.Equal(PieceKind.End, run.Emitted[^1].Piece.Kind);
    }

    [Theory, MemberData(nameof(Kinds))]
    public void A_seed_replays_every_decision(string type)
    {
        static string Show(Outcome run) => string.Join('|', run.Emitted.Select(e => $"{e.Piece.Kind} {Convert.ToHexString(e.Piece.Bytes.Span)} {e.Piece.Due.Ticks}"));
        Assert.Equal(Show(Run(type, 8)), Show(Run(type, 8)));
        var spec = Harmful(type);
        if (spec.Attributes.ContainsKey("percent") && spec.Kind.HarmOn(carrier) != Harm.None) Assert.NotEqual(Show(Run(type, 8)), Show(Run(type, 9)));
    }

    [Theory, MemberData(nameof(Kinds))]
    public void Harm_is_counted_and_none_is_not(string type)
    {
        var run = Run(type, 10);
        Assert.Equal(run.Harm != Harm.None, run.Link.Hits > 0);
    }

    [Theory, MemberData(nameof(Kinds))]
    public void Attributes_outside_their_range_and_unknown_ones_are_refused(string type)
    {
        foreach (var rule in ToxicKinds.Find(type)!.Attributes)
        {
            foreach (var wrong in (double[])[rule.Min - 1, rule.Max + 1, double.NaN])
                Assert.Contains(rule.Name, Assert.Throws<ProxyException>(() => ToxicSpec.Create(type, Direction.Upstream, new Dictionary<string, double> { [rule.Name] = wrong })).Message, StringComparison.Ordinal);
        }

        Assert.Throws<ProxyException>(() => ToxicSpec.Create(type, Direction.Upstream, new Dictionary<string, double> { ["no such"] = 1 }));
        Assert.Throws<ProxyException>(() => ToxicSpec.Create(type, Direction.Upstream, toxicity: 1.5));
    }

    // Settings under which each toxic does what its row says within the run.
    private static ToxicSpec Harmful(string type) => ToxicSpec.Create(type, Direction.Upstream, type switch
    {
        "latency" => new Dictionary<string, double> { ["latency"] = 100, ["jitter"] = 50 },
        "bandwidth" => new() { ["rate"] = 10 },
        "slicer" => new() { ["average_size"] = 100, ["size_variation"] = 50, ["delay"] = 2000 },
        "limit_data" => new() { ["bytes"] = 20_000 },
        "timeout" or "reset_peer" => new() { ["timeout"] = 50 },
        "slow_close" => new() { ["delay"] = 300 },
        "burst_loss" => new() { ["percent"] = 20, ["correlation"] = 25 },
        "loss" or "duplicate" or "reorder" or "corrupt" => new() { ["percent"] = 20 },
        _ => [],
    });

    private Outcome Run(string type, int seed)
    {
        var spec = Harmful(type);
        var toxic = spec.Kind.Create(spec.Attributes);
        var link = new ToxicLink(carrier, new Random(seed));
        var data = new Random(1000 + seed);
        var run = new Outcome(spec.Kind.HarmOn(carrier), toxic, link);
        toxic.Start(TimeSpan.Zero, link, run.Started.Add);
        for (var i = 0; i < Pieces; i++)
        {
            var bytes = new byte[data.Next(200, 3000)];
            data.NextBytes(bytes);
            run.In.Add(Convert.ToHexString(bytes));
            var at = TimeSpan.FromMilliseconds(i * 5);
            toxic.Apply(new Piece(PieceKind.Data, bytes, at), link, p => run.Emitted.Add((p, at)));
        }

        var end = TimeSpan.FromMilliseconds(Pieces * 5);
        if (carrier == Carrier.Stream) toxic.Apply(new Piece(PieceKind.End, default, end), link, p => run.Emitted.Add((p, end)));
        return run;
    }

    private sealed record Outcome(Harm Harm, Toxic Toxic, ToxicLink Link)
    {
        public List<string> In { get; } = [];

        public List<Piece> Started { get; } = [];

        public List<(Piece Piece, TimeSpan CameIn)> Emitted { get; } = [];

        public List<string> Out => [.. Emitted.Where(e => e.Piece.Kind == PieceKind.Data).Select(e => Convert.ToHexString(e.Piece.Bytes.Span))];

        public byte[] InBytes => Convert.FromHexString(string.Concat(In));

        public byte[] OutBytes => Convert.FromHexString(string.Concat(Out));
    }
}

public sealed class StreamToxicContractTests() : ToxicContractTests(Carrier.Stream);

public sealed class DatagramToxicContractTests() : ToxicContractTests(Carrier.Datagram);
