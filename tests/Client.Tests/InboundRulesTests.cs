using CsCheck;
using Xunit;
using ZeroK.Client.Store;
using ZeroK.Client.Sync;
using ZeroK.Client.Tests.Fakes;
using ZeroK.Wire;

namespace ZeroK.Client.Tests;

public sealed class InboundRulesTests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.UnixEpoch;

    // What comes in order (a number: a blob; x: undecryptable; d: deleted stub; f: forgotten stub), what is handed over, which events, and the contiguous end.
    [Theory]
    [InlineData("1 2 3", "1 2 3", "", 3)]
    [InlineData("1 3", "1 3", "Omission", 1)]
    [InlineData("1 3 4 5", "1 3 4 5", "Omission", 1)]
    [InlineData("1 3 2", "1 3 2", "Omission Reordered", 3)]
    [InlineData("1 4 3 2", "1 4 3 2", "Omission Reordered Reordered", 4)]
    [InlineData("1 2 1", "1 2", "Replay", 2)]
    [InlineData("1 3 3", "1 3", "Omission Replay", 1)]
    [InlineData("3 4", "3 4", "Omission", 0)]
    [InlineData("1 x2 3", "1 3", "Undecryptable", 1)]
    [InlineData("1 x2 3 2", "1 3 2", "Undecryptable", 3)]
    [InlineData("x1 x2 4", "4", "Undecryptable Undecryptable Omission", 0)]
    [InlineData("1 d2 3", "1 3", "Deleted", 3)]
    [InlineData("1 f2 3", "1 3", "Omission", 1)]
    [InlineData("1 x9000000000 2 3", "1 2 3", "Undecryptable", 3)]
    public void Table_of_arrivals(string arrivals, string delivered, string events, ulong contiguous)
    {
        using var run = new Run(historyCut: false);
        foreach (var arrival in arrivals.Split(' ')) run.Arrive(arrival);
        Assert.Equal((delivered, events, contiguous), (string.Join(' ', run.Delivered), string.Join(' ', run.Events), run.Contiguous));
    }

    [Theory]
    [InlineData("5 6", "5 6", "", 6)]
    [InlineData("5 7", "5 7", "Omission", 5)]
    public void Unknown_sender_may_start_anywhere_once_history_is_cut(string arrivals, string delivered, string events, ulong contiguous)
    {
        using var run = new Run(historyCut: true);
        foreach (var arrival in arrivals.Split(' ')) run.Arrive(arrival);
        Assert.Equal((delivered, events, contiguous), (string.Join(' ', run.Delivered), string.Join(' ', run.Events), run.Contiguous));
    }

    [Fact]
    public void After_a_rebase_known_ones_are_dropped_silently_and_one_hole_is_allowed()
    {
        using var run = new Run(historyCut: false);
        foreach (var arrival in "1 2 3 r 1 3 6 8".Split(' ')) run.Arrive(arrival);
        Assert.Equal(("1 2 3 6 8", "Missed Omission", 6UL), (string.Join(' ', run.Delivered), string.Join(' ', run.Events), run.Contiguous));
    }

    // With o before it a blob can be opened that could not be before.
    [Theory]
    [InlineData("x1 x2 r o1 o2 5", "1 2 5", "Undecryptable Undecryptable Missed", 5)]
    [InlineData("1 x2 r o2 5", "1 2 5", "Undecryptable Missed", 5)]
    [InlineData("x1 o1 3", "1 3", "Undecryptable Omission", 1)]
    public void What_expired_after_blobs_went_into_quarantine_is_missed_and_not_omitted(string arrivals, string delivered, string events, ulong contiguous)
    {
        using var run = new Run(historyCut: false);
        foreach (var arrival in arrivals.Split(' ')) run.Arrive(arrival);
        Assert.Equal((delivered, events, contiguous), (string.Join(' ', run.Delivered), string.Join(' ', run.Events), run.Contiguous));
    }

    // With j before it the stub's cursor is older than this device.
    [Theory]
    [InlineData("jf1 4 5", "4 5", "", 5)]
    [InlineData("jf1 jf2 4 6", "4 6", "Omission", 4)]
    [InlineData("1 jf2 4", "1 4", "Omission", 2)]
    public void What_everybody_had_before_this_device_joined_is_not_missed(string arrivals, string delivered, string events, ulong contiguous)
    {
        using var run = new Run(historyCut: false);
        foreach (var arrival in arrivals.Split(' ')) run.Arrive(arrival);
        Assert.Equal((delivered, events, contiguous), (string.Join(' ', run.Delivered), string.Join(' ', run.Events), run.Contiguous));
    }

    [Fact]
    public void Broken_hash_chain_is_reported_also_behind_a_hole()
    {
        using var run = new Run(historyCut: false) { Previous = s => s == 3 ? new byte[] { 66 } : Run.HashOf(s - 1) };
        foreach (var arrival in "1 3 2".Split(' ')) run.Arrive(arrival);
        Assert.Equal(["Omission", "Reordered", "ChainBroken"], run.Events);
    }

    [Fact]
    public void Any_order_with_any_repeats_hands_each_over_once_and_ends_contiguous() =>
        Gen.Shuffle(Enumerable.Range(1, 12).SelectMany(i => new[] { $"{i}", $"{i}" }).ToArray()).Sample(
            order =>
            {
                using var run = new Run(historyCut: false);
                foreach (var arrival in order) run.Arrive(arrival);
                return run.Contiguous == 12 && run.Delivered.Select(d => (int)d).Order().SequenceEqual(Enumerable.Range(1, 12));
            },
            iter: 500, seed: "0000KOIPe036", threads: 1);

    // A restart at any point, with what was committed until then, changes nothing.
    [Fact]
    public void Restart_between_any_two_blobs_keeps_exactly_once() =>
        Gen.Select(Gen.Shuffle(Enumerable.Range(1, 10).SelectMany(i => new[] { $"{i}", $"{i}" }).ToArray()), Gen.Int[0, 20]).Sample(
            (order, at) =>
            {
                using var run = new Run(historyCut: false);
                for (var i = 0; i < order.Length; i++)
                {
                    if (i == at) run.Restart();
                    run.Arrive(order[i]);
                }

                return run.Contiguous == 10 && run.Delivered.Count == 10;
            },
            iter: 500, seed: "0000KOIPe036", threads: 1);

    [Theory]
    [InlineData(1, 3, 5, 3, null)]
    [InlineData(0, 3, 5, 4, "before")]
    [InlineData(1, 3, 2, 3, "contradict")]
    [InlineData(1, 3, 5, 2, "every cursor")]
    [InlineData(1, 0, 5, 0, "gave nothing")]
    public void Table_of_pages(ulong start, ulong through, ulong head, int blobs, string? problem)
    {
        var list = Enumerable.Range(0, blobs).Select(i => new PulledBlob(new Cursor(start + (ulong)i), BlobState.Own, Rig.Id(1), 1, default, 0, default)).ToList();
        var found = PageRules.Problem(Cursor.Zero, new PullResponse(new Cursor(start), new Cursor(through), new Cursor(head), Cursor.Zero, list));
        if (problem is null) Assert.Null(found);
        else Assert.Contains(problem, found);
    }

    [Theory]
    [InlineData(4, 10, 7, 5, 7)]
    [InlineData(4, 10, 20, 5, 9)]
    [InlineData(4, 10, 4, 0, 0)]
    [InlineData(4, 5, 3, 0, 0)]
    public void Table_of_expiry(ulong after, ulong start, ulong expired, ulong first, ulong last)
    {
        var range = PageRules.Expired(new Cursor(after), new PullResponse(new Cursor(start), new Cursor(start - 1), new Cursor(30), new Cursor(expired), []));
        if (first == 0) Assert.Null(range);
        else Assert.Equal((new Cursor(first), new Cursor(last)), range);
    }

    // A number preceded by t: so many cursors were trimmed unread. A sender that deleted its blob leaves such a hole, once its stub is trimmed.
    [Theory]
    [InlineData("1 t1 3", "1 3", "Missed", 3)]
    [InlineData("1 t3 5 6", "1 5 6", "Missed", 6)]
    [InlineData("1 t1 4", "1 4", "Omission", 1)]
    [InlineData("1 t1 3 5", "1 3 5", "Missed Omission", 3)]
    [InlineData("t2 3", "3", "", 3)]
    [InlineData("1 x2 t1 4", "1 4", "Undecryptable Omission", 1)]
    [InlineData("1 x2 t1 3", "1 3", "Undecryptable", 1)]
    [InlineData("1 t1 3 2", "1 3", "Missed Replay", 3)]
    public void Hole_as_large_as_what_was_trimmed_is_no_omission(string arrivals, string delivered, string events, ulong contiguous)
    {
        using var run = new Run(historyCut: false);
        foreach (var arrival in arrivals.Split(' ')) run.Arrive(arrival);
        Assert.Equal((delivered, events, contiguous), (string.Join(' ', run.Delivered), string.Join(' ', run.Events), run.Contiguous));
    }

    // What was handed over beyond a hole is not missed when the hole is explained by a later blob.
    [Theory]
    [InlineData("1 3 4 t1 5", "2-2")]
    [InlineData("1 3 5 t2 6", "2-2 4-4")]
    [InlineData("1 4 r 6", "2-3 5-5")]
    public void Missed_names_the_holes_and_nothing_between_them(string arrivals, string missed)
    {
        using var run = new Run(historyCut: false);
        foreach (var arrival in arrivals.Split(' ')) run.Arrive(arrival);
        Assert.Equal(missed, string.Join(' ', run.Missed.Select(m => $"{m.FirstSequence}-{m.LastSequence}")));
    }

    // With b before it a blob comes from another relay of the group.
    [Theory]
    [InlineData("1 2 b1 b2 b3", "1 2 3", "", 3)]
    [InlineData("1 2 b1 b2 3 b3", "1 2 3", "", 3)]
    [InlineData("1 2 b1 b1", "1 2", "Replay", 2)]
    [InlineData("1 2 b4 3", "1 2 4 3", "", 4)]
    [InlineData("1 2 b4 b6", "1 2 4 6", "Omission", 2)]
    [InlineData("1 2 1", "1 2", "Replay", 2)]
    [InlineData("1 4 b1 b2 b3 b4", "1 4 2 3", "Omission", 4)]
    public void Another_relay_has_its_own_copies_and_fills_holes(string arrivals, string delivered, string events, ulong contiguous)
    {
        using var run = new Run(historyCut: false, isOnly: false);
        foreach (var arrival in arrivals.Split(' ')) run.Arrive(arrival);
        Assert.Equal((delivered, events, contiguous), (string.Join(' ', run.Delivered), string.Join(' ', run.Events), run.Contiguous));
    }

    private sealed class Run(bool historyCut, bool isOnly = true) : IDisposable
    {
        private readonly RelayView _first = new(new byte[] { 1 }, isOnly) { HistoryCut = historyCut };
        private readonly RelayView _second = new(new byte[] { 2 }, isOnly) { HistoryCut = historyCut };

        private readonly MemoryStateStore _store = new();
        private InboundRules _rules = new(new StoredState());
        private ulong _cursor;

        public List<ulong> Delivered { get; } = [];

        public List<string> Events { get; } = [];

        public List<Missed> Missed { get; } = [];

        public Func<ulong, byte[]> Previous { get; init; } = s => HashOf(s - 1);

        public ulong Contiguous => _store.Load().Peers.GetValueOrDefault(Rig.Id(1))?.Contiguous ?? 0;

        public static byte[] HashOf(ulong sequence) => sequence == 0 ? new byte[32] : [.. BitConverter.GetBytes(sequence), 1];

        public void Dispose() => _store.Dispose();

        public void Restart() => _rules = new InboundRules(_store.Load());

        public void Arrive(string arrival)
        {
            var view = arrival[0] == 'b' ? _second : _first;
            var beforeJoin = arrival[0] == 'j';
            arrival = arrival.TrimStart('b', 'j');
            var kind = arrival[0];
            var sequence = kind == 'r' ? 0 : ulong.Parse(char.IsDigit(kind) ? arrival : arrival[1..], System.Globalization.CultureInfo.InvariantCulture);
            var cursor = new Cursor(++_cursor);
            var stub = new PulledBlob(cursor, kind == 'd' ? BlobState.Deleted : BlobState.Forgotten, Rig.Id(1), sequence, default, 0, default);
            if (kind == 't') view.Trimmed += sequence;
            var verdict = kind switch
            {
                't' => new Verdict(),
                'r' => _rules.Rebase(),
                'x' => _rules.NotOpened(new QuarantinedBlob(default, cursor, BlobId.New(), Rig.Id(1), sequence, UndecryptableReason.WrongKeyOrTampered, default), Now),
                'd' or 'f' => _rules.Stub(stub, view, beforeJoin, Now),
                'o' => _rules.Recovered(new InboundBlob(Rig.Id(1), sequence, Previous(sequence), HashOf(sequence), cursor), new QuarantinedBlob(default, cursor, BlobId.New(), Rig.Id(1), sequence, UndecryptableReason.WrongKeyOrTampered, default), view, Now),
                _ => _rules.Opened(new InboundBlob(Rig.Id(1), sequence, Previous(sequence), HashOf(sequence), cursor), sequence, view, Now),
            };
            if (verdict.Deliver) Delivered.Add(sequence);
            Events.AddRange(verdict.Events.Select(e => e.GetType().Name));
            Missed.AddRange(verdict.Events.OfType<Missed>());
            _store.CommitInbound([], verdict.Changes);
        }
    }
}
