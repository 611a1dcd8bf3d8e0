using ZeroK.Chaos.History;

namespace ZeroK.Chaos.Judges;

/// <summary>The judges over clients' histories. They are asked after healing and quiescence, when every client has caught up.</summary>
public static class HistoryJudges
{
    /// <summary>All: a run passes when each of them does.</summary>
    public static IReadOnlyList<Judge> All { get; } =
    [
        new("nothing acknowledged is lost", NothingLost),
        new("what arrives was pushed, byte for byte", ByteForByte),
        new("nothing is delivered twice", NothingTwice),
        new("each sender's order is kept", OrderKept),
        new("reads are monotonic", Monotonic),
        new("cursors are unique", CursorsUnique),
        new("cursors have no gap", CursorsGapFree),
        new("all clients converge", Converged),
    ];

    /// <summary>Every acknowledged push is on every other device, unless that device reported the gap. A push whose outcome is unknown may be missing, but on all alike.</summary>
    public static Verdict NothingLost(RunHistory history)
    {
        ArgumentNullException.ThrowIfNull(history);
        var got = history.Deliveries.Select(d => (d.Reader, d.Sender, d.Sequence)).ToHashSet();
        var check = new Checklist("nothing acknowledged is lost");
        foreach (var push in history.Pushes.Where(p => p.Outcome == CallOutcome.Acknowledged))
        {
            foreach (var reader in history.Ends.Select(e => e.Device).Where(d => d != push.Device))
            {
                var reported = history.Gaps.Any(g => g.Device == reader && g.First <= push.Cursor && push.Cursor <= g.Last);
                check.That(got.Contains((reader, push.Device, push.Sequence)) || reported, $"{reader} never got an acknowledged blob", push);
            }
        }

        foreach (var end in history.Ends) check.That(end.Pending == 0, $"{end.Device} still has blobs to send", end);
        return check.Verdict;
    }

    /// <summary>A delivered blob has the digest that its sender pushed under that sequence.</summary>
    public static Verdict ByteForByte(RunHistory history)
    {
        ArgumentNullException.ThrowIfNull(history);
        var pushed = history.Pushes.ToDictionary(p => (p.Device, p.Sequence));
        var check = new Checklist("what arrives was pushed, byte for byte");
        foreach (var delivery in history.Deliveries)
        {
            if (!pushed.TryGetValue((delivery.Sender, delivery.Sequence), out var push)) check.That(false, "a blob that nobody pushed was delivered", delivery);
            else check.That(push.Digest == delivery.Digest, "a blob arrived with other bytes than were pushed", push, delivery);
        }

        return check.Verdict;
    }

    /// <summary>Once a client's app has acknowledged a blob, it never gets it again.</summary>
    public static Verdict NothingTwice(RunHistory history)
    {
        ArgumentNullException.ThrowIfNull(history);
        var check = new Checklist("nothing is delivered twice");
        foreach (var same in history.Deliveries.GroupBy(d => (d.Reader, d.Sender, d.Sequence)))
        {
            var all = same.ToList();
            check.That(true, "");
            for (var i = 1; i < all.Count; i++) check.That(all[i - 1].AckedUs is null, "a blob came again after the app had acknowledged it", all[i - 1], all[i]);
        }

        return check.Verdict;
    }

    /// <summary>A client gets each sender's blobs in the sender's order. What was not acknowledged before a crash may come again, from there on.</summary>
    public static Verdict OrderKept(RunHistory history)
    {
        ArgumentNullException.ThrowIfNull(history);
        var check = new Checklist("each sender's order is kept");
        foreach (var stream in history.Deliveries.GroupBy(d => (d.Reader, d.Sender)))
        {
            var seen = new HashSet<ulong>();
            Delivery? last = null;
            foreach (var delivery in stream.Where(d => seen.Add(d.Sequence)))
            {
                check.That(last is null || delivery.Sequence > last.Sequence, "a sender's later blob came first", last!, delivery);
                last = delivery;
            }
        }

        return check.Verdict;
    }

    /// <summary>A client's cursors only go up: of what it is handed, of the head that it knows, of what it has.</summary>
    public static Verdict Monotonic(RunHistory history)
    {
        ArgumentNullException.ThrowIfNull(history);
        var check = new Checklist("reads are monotonic");
        foreach (var reader in history.Deliveries.GroupBy(d => d.Reader))
        {
            var seen = new HashSet<(string, ulong)>();
            Delivery? last = null;
            foreach (var delivery in reader.Where(d => seen.Add((d.Sender, d.Sequence))))
            {
                check.That(last is null || delivery.Cursor > last.Cursor, "a cursor went back", last!, delivery);
                last = delivery;
            }
        }

        foreach (var device in history.Positions.GroupBy(p => p.Device))
        {
            Position? last = null;
            foreach (var position in device)
            {
                check.That(last is null || position.Received >= last.Received, "what a client has went back", last!, position);
                last = position;
            }
        }

        return check.Verdict;
    }

    /// <summary>A cursor names one blob and a blob has one cursor, whoever saw it.</summary>
    public static Verdict CursorsUnique(RunHistory history)
    {
        ArgumentNullException.ThrowIfNull(history);
        var check = new Checklist("cursors are unique");
        var byCursor = new Dictionary<ulong, (string Sender, ulong Sequence, object Record)>();
        var byBlob = new Dictionary<(string, ulong), (ulong Cursor, object Record)>();
        foreach (var (sender, sequence, cursor, record) in Sightings(history))
        {
            if (!byCursor.TryAdd(cursor, (sender, sequence, record)))
                check.That(byCursor[cursor].Sender == sender && byCursor[cursor].Sequence == sequence, "a cursor names two blobs", byCursor[cursor].Record, record);
            if (!byBlob.TryAdd((sender, sequence), (cursor, record)))
                check.That(byBlob[(sender, sequence)].Cursor == cursor, "a blob has two cursors", byBlob[(sender, sequence)].Record, record);
            check.That(true, "");
        }

        return check.Verdict;
    }

    /// <summary>All that anybody saw covers every cursor from the first to the last; and no reader skips one that is not its own push.</summary>
    public static Verdict CursorsGapFree(RunHistory history)
    {
        ArgumentNullException.ThrowIfNull(history);
        var check = new Checklist("cursors have no gap");
        var all = new SortedDictionary<ulong, (string Sender, object Record)>();
        foreach (var (sender, _, cursor, record) in Sightings(history)) all.TryAdd(cursor, (sender, record));
        if (all.Count == 0) return check.Verdict;

        ulong expected = all.Keys.First();
        object before = all.Values.First().Record;
        foreach (var (cursor, (_, record)) in all)
        {
            var reported = history.Gaps.Any(g => g.First <= expected && cursor - 1 <= g.Last);
            check.That(cursor == expected || reported, FormattableString.Invariant($"cursors {expected} to {cursor - 1} name no blob"), before, record);
            (expected, before) = (cursor + 1, record);
        }

        foreach (var end in history.Ends)
        {
            var got = history.Deliveries.Where(d => d.Reader == end.Device).Select(d => d.Cursor).ToHashSet();
            foreach (var (cursor, (sender, record)) in all.Where(c => c.Key <= end.Received && c.Value.Sender != end.Device))
            {
                var reported = history.Gaps.Any(g => g.Device == end.Device && g.First <= cursor && cursor <= g.Last);
                check.That(got.Contains(cursor) || reported, FormattableString.Invariant($"{end.Device} passed cursor {cursor} without it"), record, end);
            }
        }

        return check.Verdict;
    }

    /// <summary>All version vectors are the same bytes, all clients are at the head, and all have the same blobs.</summary>
    public static Verdict Converged(RunHistory history)
    {
        ArgumentNullException.ThrowIfNull(history);
        var check = new Checklist("all clients converge");
        foreach (var end in history.Ends)
        {
            check.That(end.Vector == history.Ends[0].Vector, "two version vectors differ", history.Ends[0], end);
            check.That(end.Received >= end.Head, $"{end.Device} is behind the head", end);
        }

        // What a device reported as a gap counts as known to it, and no more than that.
        var sets = history.Ends.ToDictionary(e => e.Device, e => history.Deliveries.Where(d => d.Reader == e.Device).Select(d => (d.Sender, d.Sequence))
            .Concat(history.Pushes.Where(p => p.Outcome != CallOutcome.Refused && (p.Device == e.Device || IsReported(history, e.Device, p))).Select(p => (Sender: p.Device, p.Sequence))).ToHashSet());
        foreach (var (device, set) in sets)
        {
            var missing = sets[history.Ends[0].Device].Except(set).Concat(set.Except(sets[history.Ends[0].Device])).Take(1).ToList();
            check.That(missing.Count == 0, $"{history.Ends[0].Device} and {device} have different blobs", [.. missing.Select(m => (object)FormattableString.Invariant($"{m.Sender}#{m.Sequence}"))]);
        }

        return check.Verdict;
    }

    private static bool IsReported(RunHistory history, string device, PushCall push) =>
        push.Cursor != 0 && history.Gaps.Any(g => g.Device == device && g.First <= push.Cursor && push.Cursor <= g.Last);

    private static IEnumerable<(string Sender, ulong Sequence, ulong Cursor, object Record)> Sightings(RunHistory history) =>
        history.Pushes.Where(p => p.Outcome == CallOutcome.Acknowledged && p.Cursor != 0).Select(p => (p.Device, p.Sequence, p.Cursor, (object)p))
            .Concat(history.Deliveries.Select(d => (d.Sender, d.Sequence, d.Cursor, (object)d)));
}
