using ZeroK.Chaos.History;

namespace ZeroK.Chaos.Tests.Judges;

/// <summary>A planted bug.</summary>
public enum Mutant
{
    None = 0,
    RelayDropsAcknowledgedBlob,
    RelayRepeatsCursor,
    RelaySkipsCursor,
    RelayGivesTwoCursors,
    RelayReorders,
    ClientAppliesTwice,
    ClientSkipsBlob,
    ClientGetsOtherBytes,
    ClientInventsBlob,
    ClientForgetsToSend,
    ClientGoesBack,
    VectorsDiverge,
}

/// <summary>A relay and its clients in a few lines, with one planted bug, seeded: what the judges are tried on.</summary>
internal sealed class ModelRun(int seed, Mutant mutant, int clients = 3, int blobs = 40)
{
    private readonly Random _random = new(seed);
    private readonly List<(string Sender, ulong Sequence, ulong Cursor, string Digest)> _log = [];
    private readonly List<PushCall> _pushes = [];
    private readonly List<Delivery> _deliveries = [];
    private readonly List<Position> _positions = [];
    private long _now;

    public RunHistory Run()
    {
        var sequences = new ulong[clients];
        for (var i = 0; i < blobs; i++)
        {
            var sender = _random.Next(clients);
            Push(Label(sender), ++sequences[sender], last: i == blobs - 1);
        }

        if (mutant == Mutant.RelayDropsAcknowledgedBlob) _log.RemoveAt(_random.Next(_log.Count));
        var ends = new List<EndState>();
        for (var c = 0; c < clients; c++) ends.Add(Read(c, sequences));
        return new RunHistory { Pushes = _pushes, Deliveries = _deliveries, Positions = _positions, Ends = ends };
    }

    private static string Label(int client) => ((char)('A' + client)).ToString();

    private void Push(string sender, ulong sequence, bool last)
    {
        var digest = HistoryRecorder.Digest(sender, BitConverter.GetBytes(sequence));
        var cursor = _log.Count == 0 ? 1 : _log[^1].Cursor + 1;
        if (last && mutant == Mutant.RelayRepeatsCursor) cursor--;
        if (last && mutant == Mutant.RelaySkipsCursor) cursor++;
        _log.Add((sender, sequence, cursor, digest));
        var told = last && mutant == Mutant.RelayGivesTwoCursors ? cursor + 100 : cursor;
        _pushes.Add(new PushCall(sender, sequence, digest, _now++, _now++, CallOutcome.Acknowledged, told));
    }

    private EndState Read(int client, ulong[] sequences)
    {
        var reader = Label(client);
        var inbox = _log.Where(b => b.Sender != reader).ToList();
        var victim = _random.Next(inbox.Count - 1);
        var bug = client == clients - 1 ? mutant : Mutant.None;
        if (bug == Mutant.ClientSkipsBlob) inbox.RemoveAt(victim);
        if (bug == Mutant.RelayReorders)
        {
            var later = inbox.FindIndex(victim + 1, b => b.Sender == inbox[victim].Sender);
            if (later < 0) (victim, later) = (0, inbox.FindIndex(1, b => b.Sender == inbox[0].Sender));
            (inbox[victim], inbox[later]) = (inbox[later], inbox[victim]);
        }

        for (var i = 0; i < inbox.Count; i++)
        {
            Deliver(reader, inbox[i], bug == Mutant.ClientGetsOtherBytes && i == victim);
            if (bug == Mutant.ClientAppliesTwice && i == victim) Deliver(reader, inbox[i], false);
        }

        if (bug == Mutant.ClientInventsBlob) Deliver(reader, ("A", 999, _log[^1].Cursor + 1, "FF"), false);
        if (bug == Mutant.ClientGoesBack) _positions.Add(new Position(reader, _log[^1].Cursor, _log[^1].Cursor - 5, _now++));
        var vector = string.Join(',', sequences.Select((s, i) => bug == Mutant.VectorsDiverge && i == 0 ? s - 1 : s));
        return new EndState(reader, vector, _log[^1].Cursor, _log[^1].Cursor, bug == Mutant.ClientForgetsToSend ? 1 : 0);
    }

    private void Deliver(string reader, (string Sender, ulong Sequence, ulong Cursor, string Digest) blob, bool corrupt)
    {
        _deliveries.Add(new Delivery(reader, blob.Sender, blob.Sequence, blob.Cursor, corrupt ? "00" : blob.Digest, _now++, _now++));
        _positions.Add(new Position(reader, _log[^1].Cursor, blob.Cursor, _now++));
    }
}
