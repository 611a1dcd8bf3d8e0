namespace ZeroK.Bench.Relay;

/// <summary>From starting the process to its ready line, and resident memory ten seconds later.</summary>
internal static class StartBench
{
    private const int Starts = 5;
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(10);

    public static async Task RunAsync(string relayDll, Figures figures)
    {
        var starts = new List<double>();
        var memory = 0L;
        for (var n = 0; n < Starts; n++)
        {
            await using var relay = await RelayUnderTest.StartAsync(relayDll);
            starts.Add(relay.StartToReady.TotalSeconds);
            if (n < Starts - 1) continue;
            await Task.Delay(Settle, TimeProvider.System);
            memory = relay.ResidentBytes;
        }

        figures.AddAtMost($"relay start to ready, slowest of {Starts}", starts.Max(), "s", 3);
        figures.AddAtMost("idle relay, resident", memory / 1e6, "MB", 150);
    }
}
