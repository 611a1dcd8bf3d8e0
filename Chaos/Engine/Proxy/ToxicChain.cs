namespace ZeroK.Chaos.Proxy;

/// <summary>A piece on its way out, and the toxic that made it by itself (null for traffic).</summary>
internal readonly record struct QueuedPiece(Piece Piece, object? Owner);

/// <summary>The toxics of one direction of one link, in order. One caller at a time.</summary>
internal sealed class ToxicChain(Carrier carrier, Direction direction, long seed, string linkName)
{
    private readonly List<Entry> _entries = [];

    /// <summary>The shortest queue that a toxic asks for, bytes.</summary>
    public int QueueBytesMax => _entries.Count == 0 ? int.MaxValue : _entries.Min(e => e.Toxic.QueueBytesMax);

    /// <summary>Whether a toxic keeps pieces back until it is removed.</summary>
    public bool Holds => _entries.Exists(e => e.Toxic.Holds);

    /// <summary>Makes the chain follow <paramref name="specs"/>: what is unchanged keeps its state.</summary>
    /// <param name="specs">The proxy's toxics.</param>
    /// <param name="hook">A toxic made by code, ahead of all others; null for none.</param>
    /// <param name="now">Time since the link began.</param>
    /// <param name="emit">Takes what new toxics emit by themselves.</param>
    /// <returns>The toxics that went; empty if none did.</returns>
    public IReadOnlyList<Toxic> Update(IReadOnlyList<ToxicSpec> specs, Toxic? hook, TimeSpan now, Action<QueuedPiece> emit)
    {
        var wanted = specs.Where(s => s.Stream == direction).ToList();
        var gone = _entries.Where(e => e.Spec is not null && !wanted.Contains(e.Spec)).ToList();
        foreach (var entry in gone) _entries.Remove(entry);
        if (hook is not null) Begin(new Entry(null, hook, new ToxicLink(carrier, Seeds.Random(seed, linkName, direction.ToString(), "hook"))), 0, now, emit);
        foreach (var spec in wanted)
        {
            if (_entries.Exists(e => spec.Equals(e.Spec))) continue;
            var random = Seeds.Random(seed, linkName, direction.ToString(), spec.Name);
            if (random.NextDouble() >= spec.Toxicity) continue;
            Begin(new Entry(spec, spec.Kind.Create(spec.Attributes), new ToxicLink(carrier, random)), _entries.Count, now, emit);
        }

        return [.. gone.Select(e => e.Toxic)];
    }

    /// <summary>Sends a piece through all toxics.</summary>
    public void Process(Piece piece, Action<QueuedPiece> emit) => From(0, piece, p => emit(new QueuedPiece(p, null)));

    /// <summary>How often each toxic did harm on this link.</summary>
    public IEnumerable<(string Name, long Hits)> Hits() => _entries.Select(e => (e.Spec?.Name ?? "hook", e.Link.Hits));

    private void Begin(Entry entry, int at, TimeSpan now, Action<QueuedPiece> emit)
    {
        _entries.Insert(at, entry);
        entry.Toxic.Start(now, entry.Link, p => emit(new QueuedPiece(p, entry.Toxic)));
    }

    private void From(int index, Piece piece, PieceSink emit)
    {
        if (index == _entries.Count) emit(piece);
        else _entries[index].Toxic.Apply(piece, _entries[index].Link, p => From(index + 1, p, emit));
    }

    private sealed record Entry(ToxicSpec? Spec, Toxic Toxic, ToxicLink Link);
}
