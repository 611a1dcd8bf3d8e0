using System.Net;
using Xunit;
using ZeroK.Chaos.Cluster;
using ZeroK.Wire;

namespace ZeroK.Cluster.Tests;

/// <summary>SIGTERM: what was accepted is finished, everybody is told, and the others carry on.</summary>
public sealed class DrainTests(SharedNodes shared)
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Draining_relay_says_bye_answers_what_it_accepted_and_is_not_ready()
    {
        await using var relays = await TestRelays.WithAsync(shared);
        await using var session = await relays.OpenAsync(0, relays.NewDevice());
        var pushes = Enumerable.Range(1, 50).Select(i => TestRelays.PushAsync(session, (ulong)i, (byte)i)).ToList();
        await pushes[0];
        var http = relays.Nodes.Relays[0].Http;
        using var client = new HttpClient { BaseAddress = http };
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync(new Uri("/health/ready", UriKind.Relative), Stop)).StatusCode);

        var exit = relays.Nodes.Relays[0].TerminateAsync(Stop);
        Assert.True(await SawNotReadyAsync(client, exit), "The relay never said that it is not ready.");
        Assert.Equal(0, await exit);
        Assert.Equal(ErrorCode.RelayShuttingDown, session.Bye?.Code);

        var answered = new List<PushResult>();
        foreach (var push in pushes)
        {
            try
            {
                answered.Add(await push);
            }
            catch (SessionEndedException)
            {
                // Not read before the end: not accepted, so the client sends it again.
                Assert.True(push.IsFaulted);
            }
        }

        var log = await relays.ReadAllAsync(1);
        Assert.All(answered.Where(a => a.Code == ErrorCode.None), a => Assert.Contains(log, b => b.Cursor == a.Cursor && b.Id == a.Id));
        Assert.True(answered.Count > 0);
    }

    [Fact]
    public async Task Draining_one_relay_after_the_other_under_load_loses_and_doubles_nothing()
    {
        await using var relays = await TestRelays.WithAsync(shared);
        await using var load = new ClusterLoad(relays.Nodes, groups: 8, bodyBytes: 200, seed: 1);
        load.Connect();
        using var enough = new CancellationTokenSource();
        var pushing = load.PushAsync(80, enough.Token);
        foreach (var relay in relays.Nodes.Relays)
        {
            await UntilAsync(() => load.Acknowledged > 100);
            Assert.Equal(0, await relay.TerminateAsync(Stop));
            await relay.StartAsync(Stop);
        }

        var before = load.Acknowledged;
        await UntilAsync(() => load.Acknowledged > before + 100);
        await enough.CancelAsync();
        await pushing;
        Assert.True(await load.SettleAsync(TestRelays.Patience));
        Assert.Empty(load.Judge());
    }

    private static async Task<bool> SawNotReadyAsync(HttpClient client, Task<int> exit)
    {
        while (!exit.IsCompleted)
        {
            try
            {
                using var reply = await client.GetAsync(new Uri("/health/ready", UriKind.Relative), Stop);
                if (reply.StatusCode == HttpStatusCode.ServiceUnavailable) return true;
            }
            catch (HttpRequestException)
            {
                return false;
            }
        }

        return false;
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        using var late = new CancellationTokenSource(TestRelays.Patience);
        while (!condition()) await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, late.Token);
    }
}
