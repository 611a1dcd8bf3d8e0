namespace ZeroK.Bench.Relay;

/// <summary>What 1,000 idle sessions add to the relay's resident memory.</summary>
internal static class IdleBench
{
    private const int Sessions = 1000;
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(10);

    public static async Task RunAsync(string relayDll, Figures figures)
    {
        await using var relay = await RelayUnderTest.StartAsync(relayDll, Group.RoomForLoad);

        // The first sessions load code and warm pools: they belong to the relay, not to a session.
        var warm = await OpenAsync(relay, 50);
        await Task.Delay(Settle, TimeProvider.System);
        var before = relay.ResidentBytes;
        var sessions = await OpenAsync(relay, Sessions);
        await Task.Delay(Settle, TimeProvider.System);
        var after = relay.ResidentBytes;
        figures.AddAtMost($"relay memory an idle session ({Sessions:#,0} sessions in 500 groups)", (after - before) / 1024.0 / Sessions, "KiB", 64);
        foreach (var session in warm.Concat(sessions)) await session.DisposeAsync();
    }

    private static async Task<List<RawSession>> OpenAsync(RelayUnderTest relay, int count)
    {
        var sessions = new List<RawSession>();
        for (var n = 0; n < count; n += 2)
        {
            using var group = new Group();
            sessions.Add(await group.JoinAsync(relay));
            sessions.Add(await group.JoinAsync(relay));
        }

        return sessions;
    }
}
