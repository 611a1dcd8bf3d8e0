using Npgsql;
using Xunit;
using ZeroK.Chaos.Cluster;
using ZeroK.Postgres;

namespace ZeroK.Cluster.Tests;

/// <summary>The list of the relays in Redis, the groups in PostgreSQL.</summary>
public sealed class RedisTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Relays_that_know_each_other_by_redis_carry_on_when_one_is_killed()
    {
        if ((PostgreSqlServer.WhyNot() ?? RedisServer.WhyNot()) is { } why) Assert.Skip($"skipped: {why}");
        using var redis = await RedisServer.StartAsync(Stop);
        await using var nodes = await Nodes.StartAsync(TestRelays.RelayDll(), 2, ["--redis", $"127.0.0.1:{redis.Port}"], Stop);
        Assert.Contains("zerok", await redis.AskAsync("KEYS *", Stop), StringComparison.Ordinal);
        Assert.Equal(0L, await RelaysInDatabaseAsync(nodes.Database));

        await using var load = new ClusterLoad(nodes, groups: 8, bodyBytes: 200, seed: 1);
        load.Connect();
        using var enough = new CancellationTokenSource();
        var pushing = load.PushAsync(80, enough.Token);
        await UntilAsync(() => load.Acknowledged > 100);
        await nodes.Relays[0].KillAsync();
        var before = load.Acknowledged;
        await UntilAsync(() => load.Acknowledged > before + 200);
        await nodes.Relays[0].StartAsync(Stop);
        await enough.CancelAsync();
        await pushing;
        Assert.True(await load.SettleAsync(TestRelays.Patience));
        Assert.Empty(load.Judge());
    }

    private static async Task<long> RelaysInDatabaseAsync(string database)
    {
        await using var connection = new NpgsqlConnection(database + ";Pooling=false");
        await connection.OpenAsync(Stop);
        await using var command = new NpgsqlCommand("SELECT count(*) FROM OrleansMembershipTable", connection);
        return (long)(await command.ExecuteScalarAsync(Stop))!;
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        using var late = new CancellationTokenSource(TestRelays.Patience);
        while (!condition()) await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, late.Token);
    }
}
