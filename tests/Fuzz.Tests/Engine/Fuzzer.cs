using System.Diagnostics;

namespace ZeroK.Fuzz.Tests.Engine;

/// <summary>Gives a target its seeds and then changed ones, one after another, on one thread. What it accepts joins the pool from which the next are made.</summary>
public sealed class Fuzzer(FuzzTarget target, int seed)
{
    private const int PoolMax = 512;
    private readonly Random _random = new(seed);
    private readonly List<byte[]> _pool = [.. target.Seeds];

    /// <summary>Inputs tried.</summary>
    public long Inputs { get; private set; }

    /// <summary>Inputs accepted.</summary>
    public long Accepted { get; private set; }

    /// <summary>Tries inputs for a time, or until one is a finding.</summary>
    public Finding? Run(TimeSpan time)
    {
        var mutator = new Mutator(_random);
        foreach (var input in target.Seeds)
        {
            // The first run of a parser allocates what it keeps for all: tables, compiled readers.
            if (Try(input, measure: false) is { } early) return early;
            if (Try(input, measure: true) is { } finding) return finding;
        }

        var clock = Stopwatch.StartNew();
        while (clock.Elapsed < time)
        {
            var input = mutator.Mutate(_pool[_random.Next(_pool.Count)], _pool[_random.Next(_pool.Count)], target.InputBytesMax);
            if (target.Repair is not null && _random.Next(4) != 0) input = target.Repair(input);
            if (Try(input, measure: true) is { } finding) return finding;
        }

        return null;
    }

    /// <summary>Tries one input.</summary>
    public Finding? Try(byte[] input, bool measure)
    {
        Inputs++;
        var given = input.ToArray();
        object? meaning;
        var before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            meaning = target.Parse(given);
        }
        catch (Exception e)
        {
            return Found(input, $"reading threw {e.GetType().Name}, which is no documented refusal: {e}");
        }

        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        var allowed = target.AllocationBytesMax(input.Length);
        if (measure && allocated > allowed) return Found(input, $"reading {input.Length} bytes allocated {allocated}; {allowed} are allowed");
        if (!given.AsSpan().SequenceEqual(input)) return Found(input, "reading changed its input");
        if (meaning is null) return null;
        Accepted++;
        try
        {
            target.Verify?.Invoke(input, meaning);
        }
        catch (Exception e)
        {
            return Found(input, $"what was accepted does not hold: {e}");
        }

        if (_pool.Count < PoolMax) _pool.Add(input);
        else _pool[_random.Next(target.Seeds.Count, PoolMax)] = input;
        return null;
    }

    private Finding Found(byte[] input, string what) => new(target.Name, seed, Inputs, input, what);
}
