using System.Diagnostics;

namespace ZeroK.Bench.Relay;

/// <summary>Sessions made one after another by two clients: TCP connect, hybrid handshake, HELLO and WELCOME of a fresh device, close.</summary>
internal static class HandshakeBench
{
    private const int Clients = 2;
    private const int WarmUp = 100;
    private const int Each = 1000;

    public static async Task RunAsync(string relayDll, Figures figures)
    {
        await using var relay = await RelayUnderTest.StartAsync(relayDll, Group.RoomForLoad);
        await RunAsync(relay, WarmUp);
        var (clock, mine, its) = (Stopwatch.StartNew(), Environment.CpuUsage.TotalTime, relay.Processor);
        await RunAsync(relay, Each);
        const int Count = Clients * Each;
        figures.Add("sessions made a second (connect, handshake, HELLO)", $"{Count / clock.Elapsed.TotalSeconds:#,0}/s", $"{Clients} clients, both sides on one machine");
        figures.Add("the same, processor time", $"client {(Environment.CpuUsage.TotalTime - mine).TotalMicroseconds / Count:#,0} µs, relay {(relay.Processor - its).TotalMicroseconds / Count:#,0} µs", "a session, making the device's keys included");
    }

    private static Task RunAsync(RelayUnderTest relay, int each) => Task.WhenAll(Enumerable.Range(0, Clients).Select(_ => Task.Run(async () =>
    {
        for (var n = 0; n < each; n++)
        {
            using var group = new Group();
            await using var session = await group.JoinAsync(relay);
        }
    })));
}
