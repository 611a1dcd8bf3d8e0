using Xunit;
using ZeroK.Client.Session;
using ZeroK.Transport;
using ZeroK.Wire;

namespace ZeroK.Client.Tests;

/// <summary>Several addresses of one relay, and another program with this device's keys: what the machine makes of them.</summary>
public sealed class WayRulesTests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.UnixEpoch;
    private static readonly RelayEndpoint A = new("a.example", 1), B = new("b.example", 2), C = new("c.example", 3);
    private static readonly SessionInput.Failed Broke = new(false, ErrorCode.None, 0, "broke"), Stranger = new(true, ErrorCode.None, 0, "stranger") { IsStranger = true };
    private static readonly SessionInput.Failed Replaced = new(false, ErrorCode.SessionReplaced, 1000, "replaced");

    [Fact]
    public void Addresses_with_one_fingerprint_are_one_relay_at_the_place_of_its_first()
    {
        byte[] one = [.. Enumerable.Repeat((byte)1, 32)], two = [.. Enumerable.Repeat((byte)2, 32)];
        var relays = RelayWays.Of([new("a", 1, one), new("b", 2, two), new("c", 3, one), new("A", 1, one)]);
        Assert.Equal(["a", "b"], relays.Select(r => r.Address.Host));
        Assert.Equal([new RelayEndpoint("a", 1), new RelayEndpoint("c", 3)], relays[0].Ways);
    }

    [Fact]
    public void Address_that_gave_no_session_goes_behind_the_others_for_five_minutes()
    {
        var rules = new WayRules([A, B, C]);
        Assert.Equal([A, B, C], rules.Order(Now));
        rules.Dialed(A);
        rules.Failed(isStranger: false, connectedAt: null, Now);
        Assert.Equal([B, C, A], rules.Order(Now));
        rules.Dialed(B);
        rules.Failed(isStranger: false, connectedAt: null, Now + TimeSpan.FromSeconds(1));
        Assert.Equal([C, A, B], rules.Order(Now + TimeSpan.FromSeconds(1)));
        Assert.Equal([A, B, C], rules.Order(Now + TimeSpan.FromSeconds(1) + WayRules.Rest));
        Assert.Equal([A, B, C], rules.Order(Now - TimeSpan.FromDays(1)));
    }

    [Theory]
    [InlineData(29, "b a")]
    [InlineData(30, "a b")]
    public void Session_that_lasted_says_nothing_against_its_address(int seconds, string next)
    {
        var machine = Machine(A, B);
        Assert.Equal([A, B], Dial(machine, new SessionInput.Start(), Now));
        machine.Step(new SessionInput.Dialed(TransportKind.Tcp, null, A), Now, 0.5);
        machine.Step(new SessionInput.Welcomed(), Now, 0.5);
        var then = Now + TimeSpan.FromSeconds(seconds);
        machine.Step(Broke, then, 0.5);
        Assert.Equal(next, string.Join(' ', Dial(machine, new SessionInput.Elapsed(), then).Select(w => w.Host[0])));
    }

    [Fact]
    public void Address_that_takes_no_connection_keeps_its_place()
    {
        var machine = Machine(A, B);
        Dial(machine, new SessionInput.Start(), Now);
        machine.Step(Broke, Now, 0.5);
        Assert.Equal([A, B], Dial(machine, new SessionInput.Elapsed(), Now));
    }

    [Fact]
    public void Stranger_at_one_address_is_no_end_and_strangers_at_all_are()
    {
        var machine = Machine(A, B);
        Dial(machine, new SessionInput.Start(), Now);
        machine.Step(new SessionInput.Dialed(TransportKind.Tcp, null, A), Now, 0.5);
        machine.Step(Stranger, Now, 0.5);
        Assert.Equal(SyncState.BackingOff, machine.State);
        Assert.Equal([B, A], Dial(machine, new SessionInput.Elapsed(), Now));
        machine.Step(new SessionInput.Dialed(TransportKind.Tcp, null, B), Now, 0.5);
        machine.Step(Stranger, Now, 0.5);
        Assert.Equal(SyncState.Refused, machine.State);

        // Asked to try again it begins anew: both may be the relay now.
        Assert.Equal([A, B], Dial(machine, new SessionInput.Again(), Now));
    }

    [Fact]
    public void Refusal_by_the_relay_itself_is_the_end_at_any_address()
    {
        var machine = Machine(A, B);
        Dial(machine, new SessionInput.Start(), Now);
        machine.Step(new SessionInput.Dialed(TransportKind.Tcp, null, A), Now, 0.5);
        machine.Step(new SessionInput.Failed(true, ErrorCode.Unauthorized, 0, "no"), Now, 0.5);
        Assert.Equal(SyncState.Refused, machine.State);
    }

    [Fact]
    public void Session_at_another_address_than_the_first_is_told_and_a_hint_of_it_is_not_followed()
    {
        var machine = Machine(A, B);
        Dial(machine, new SessionInput.Start(), Now);
        machine.Step(new SessionInput.Dialed(TransportKind.Tcp, null, B), Now, 0.5);
        var effects = machine.Step(new SessionInput.Welcomed(B), Now, 0.5);
        Assert.Equal(B, Assert.IsType<Connected>(((SessionEffect.Tell)effects[0]).Happened).ConnectedTo);
        Assert.Equal(B, machine.ConnectedTo);
    }

    [Fact]
    public void Two_copies_of_a_device_give_way_to_each_other_longer_each_time_whatever_the_relay_asks_for()
    {
        foreach (var random in new[] { 0.0, 0.5, 1.0 })
        {
            var (machine, now, told) = (Machine(A), Now, 0);
            Dial(machine, new SessionInput.Start(), now);
            for (var i = 0; i < 20; i++)
            {
                machine.Step(new SessionInput.Dialed(TransportKind.Tcp, null), now, random);
                machine.Step(new SessionInput.Welcomed(), now, random);
                Assert.Equal(i > 0, machine.IsShared(now));
                var effects = machine.Step(Replaced, now += TimeSpan.FromSeconds(1), random);
                told += effects.Count(e => e is SessionEffect.Tell { Happened: DeviceShared });
                var wait = Assert.IsType<SessionEffect.Wait>(effects[^1]).Delay;
                var bound = Math.Min(600, 5 * Math.Pow(2, i));
                Assert.InRange(wait.TotalSeconds, bound / 2, bound);
                Dial(machine, new SessionInput.Elapsed(), now += wait);
            }

            Assert.Equal(1, told);
        }
    }

    [Fact]
    public void Session_that_nobody_took_for_twenty_minutes_ends_that_problem()
    {
        var (machine, now) = (Machine(A), Now);
        Dial(machine, new SessionInput.Start(), now);
        foreach (var lasts in new[] { TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(20) })
        {
            machine.Step(new SessionInput.Dialed(TransportKind.Tcp, null), now, 1);
            machine.Step(new SessionInput.Welcomed(), now, 1);
            now += lasts;
            if (lasts == SessionMachine.UnsharedAfter) break;
            machine.Step(Replaced, now, 1);
            Dial(machine, new SessionInput.Elapsed(), now);
        }

        Assert.False(machine.IsShared(now));
        var wait = Assert.IsType<SessionEffect.Wait>(machine.Step(Replaced, now, 1)[^1]);
        Assert.Equal(SessionMachine.SharedWaitFirst, wait.Delay);
    }

    [Theory]
    [InlineData(typeof(PlatformNotSupportedException))]
    [InlineData(typeof(DllNotFoundException))]
    public void What_the_system_lacks_is_a_refusal_that_names_it_and_not_a_retry_for_ever(Type kind)
    {
        var failed = SessionFailedException.From(new TypeInitializationException("x", (Exception)Activator.CreateInstance(kind, "the algorithm is not there")!));
        Assert.True(failed.IsPermanent);
        Assert.Contains("the algorithm is not there", failed.Reason, StringComparison.Ordinal);
        Assert.Contains(kind.Name, failed.Reason, StringComparison.Ordinal);
    }

    private static IReadOnlyList<RelayEndpoint> Dial(SessionMachine machine, SessionInput input, DateTimeOffset now) => Assert.IsType<SessionEffect.Dial>(machine.Step(input, now, 0.5)[^1]).Ways;

    private static SessionMachine Machine(params RelayEndpoint[] ways) => new(new RelayAddress(ways[0].Host, ways[0].Port, new byte[32]), TimeSpan.FromMilliseconds(500), TimeSpan.FromSeconds(30), ways: ways);
}
