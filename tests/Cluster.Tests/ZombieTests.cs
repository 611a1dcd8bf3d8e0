using Xunit;
using ZeroK.Chaos.Cluster;
using ZeroK.Wire;

namespace ZeroK.Cluster.Tests;

/// <summary>A relay that was frozen, declared dead, and goes on: it believes that it owns the group still.</summary>
public sealed class ZombieTests(SharedNodes shared)
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Relay_that_was_frozen_neither_acknowledges_nor_assigns()
    {
        await using var relays = await TestRelays.WithAsync(shared);
        var (first, second) = (relays.NewDevice(), relays.NewDevice());
        var acknowledged = new Dictionary<ulong, byte>();
        await using var onFrozen = await relays.OpenAsync(0, first);

        // The first call came through relay 0, so the group's grain is there.
        for (byte i = 1; i <= 3; i++) acknowledged.Add((await TestRelays.PushAsync(onFrozen, i, i)).Cursor.Value, i);

        await relays.Nodes.Relays[0].PauseAsync();
        var late = onFrozen.RequestAsync<PushAck>(new Push([new PushBlob(BlobId.New(), 4, new byte[] { 4 })]), TestRelays.Patience, Stop);
        await PushElsewhereAsync(relays, second, acknowledged);
        await relays.Nodes.Relays[0].ResumeAsync();

        // Whatever comes of the late push: if it is acknowledged, then with the place that it has in the log.
        try
        {
            var result = Assert.Single((await late).Results);
            if (result.Code == ErrorCode.None) Assert.True(acknowledged.TryAdd(result.Cursor.Value, 4), "The frozen relay gave a cursor that the new owner had given.");
        }
        catch (SessionEndedException)
        {
            Assert.DoesNotContain((byte)4, acknowledged.Values);
        }

        var log = await relays.ReadAllAsync(1);
        Assert.Equal(Enumerable.Range(1, log.Count).Select(c => (ulong)c), log.Select(b => b.Cursor.Value));
        foreach (var (cursor, content) in acknowledged) Assert.Equal(content, log[(int)cursor - 1].Envelope.Span[0]);

        // It was declared dead: the relay that others know is a fresh process.
        await relays.Nodes.Relays[0].KillAsync();
    }

    // Until the other relay has declared the frozen one dead and taken the group over.
    private static async Task PushElsewhereAsync(TestRelays relays, Noise.DeviceIdentity device, Dictionary<ulong, byte> acknowledged)
    {
        using var late = new CancellationTokenSource(TestRelays.Patience);
        while (true)
        {
            try
            {
                await using var session = await relays.OpenAsync(1, device);
                for (byte i = 1; i <= 3; i++) acknowledged.Add((await TestRelays.PushAsync(session, i, (byte)(100 + i))).Cursor.Value, (byte)(100 + i));
                return;
            }
            catch (SessionEndedException) when (!late.IsCancellationRequested)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, Stop);
            }
        }
    }
}
