using Xunit;
using ZeroK.Chaos.Cluster;
using ZeroK.Postgres;
using ZeroK.Wire;

namespace ZeroK.Cluster.Tests;

/// <summary>The run that replaces a cluster's relays one at a time: with the same build here, with an older one by scripts/upgrade-check.</summary>
public sealed class UpgradeTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Replacing_each_relay_under_load_loses_nothing_and_no_app_sees_an_error()
    {
        if (PostgreSqlServer.WhyNot() is { } why) Assert.Skip($"skipped: {why}");
        var relay = TestRelays.RelayDll();
        using var told = new StringWriter();
        var held = await UpgradeRun.RunAsync(new UpgradeRunOptions(relay, relay, Rate: 80, Groups: 4, Relays: 2, BodyBytes: 200, Seed: 1) { WaitMax = TestRelays.Patience }, told, Stop);
        Assert.True(held, told.ToString());
        Assert.Contains("the older relay runs on schema", told.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Older_relay_runs_on_its_own_schema_and_refuses_a_newer_one_by_name()
    {
        const string Refusal = "zerok-relay: The database has schema 5; this relay knows up to 3.\n";
        Assert.Null(new WayBack(3, 3, null, "").Wrong);
        Assert.Null(new WayBack(3, 5, 4, "earlier\n" + Refusal).Wrong);
        Assert.Contains("does not know", new WayBack(3, 5, null, "").Wrong, StringComparison.Ordinal);
        Assert.Contains("its own schema", new WayBack(3, 3, 4, Refusal).Wrong, StringComparison.Ordinal);
        Assert.Contains("without saying", new WayBack(3, 5, 1, Refusal).Wrong, StringComparison.Ordinal);
        Assert.Contains("without saying", new WayBack(3, 5, 4, Refusal + "zerok-relay: something else\n").Wrong, StringComparison.Ordinal);
    }

    [Fact]
    public void Session_ends_in_order_with_the_relays_BYE_or_when_it_is_asked_to_come_back()
    {
        var ends = new SessionEnds();
        ends.Add(ErrorCode.RelayShuttingDown, new SessionEndedException("The session broke."));
        ends.Add(null, new SessionEndedException("Refused.") { Code = ErrorCode.RelayOverloaded });
        Assert.Empty(ends.OutOfOrder);
        Assert.Equal("BYE RelayShuttingDown: 1, refused RelayOverloaded: 1", ends.ToString());
    }

    [Fact]
    public void Session_that_broke_fell_silent_or_was_refused_for_good_ended_out_of_order()
    {
        var ends = new SessionEnds();
        ends.Add(null, null);
        ends.Add(null, new SessionEndedException("The session broke.", new TimeoutException()));
        ends.Add(null, new SessionEndedException("Refused.") { Code = ErrorCode.Unauthorized });
        ends.Add(ErrorCode.RateLimited, null);
        Assert.Equal(["BYE RateLimited: 2", "broke without a BYE: 2", "no answer in time: 2", "refused Unauthorized: 2"], SessionEnds.Sum([ends, ends]).OutOfOrder);
    }
}
