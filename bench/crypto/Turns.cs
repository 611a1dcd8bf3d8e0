namespace ZeroK.Bench.Crypto;

/// <summary>Runs two things in turns, so that a slow moment of the machine hits both; reports the median round of each, in processor time.</summary>
internal static class Turns
{
    private const int Rounds = 9;
    private static readonly TimeSpan _round = TimeSpan.FromMilliseconds(200);

    /// <summary>Seconds that one call takes, for each.</summary>
    public static double[] Measure(params Action[] steps)
    {
        var times = steps.Select(_ => new List<double>()).ToArray();
        foreach (var step in steps) Once(step);
        for (var round = 0; round < Rounds; round++)
        {
            for (var i = 0; i < steps.Length; i++) times[i].Add(Once(steps[i]));
        }

        return [.. times.Select(t => t.Order().ElementAt(Rounds / 2))];
    }

    private static double Once(Action step)
    {
        var calls = 0;
        var started = ThreadTime.Now;
        TimeSpan spent;
        do
        {
            for (var i = 0; i < 8; i++) step();
            calls += 8;
            spent = ThreadTime.Now - started;
        }
        while (spent < _round);
        return spent.TotalSeconds / calls;
    }
}
