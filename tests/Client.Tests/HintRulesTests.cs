using Xunit;
using ZeroK.Client.Session;
using ZeroK.Transport;
using ZeroK.Wire;

namespace ZeroK.Client.Tests;

/// <summary>When a hint of a better address is followed, and what a session that followed one means to the machine.</summary>
public sealed class HintRulesTests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.UnixEpoch;
    private static readonly RelayAddress Listed = new("relay.example", 4840, new byte[32]);
    private static readonly RelayEndpoint Node = new("node.example", 4850), Other = new("other.example", 4850);
    private static readonly SessionInput.Failed Broke = new(false, ErrorCode.None, 0, "broke");

    [Fact]
    public void Hint_is_tried_before_the_app_hears_of_a_session_and_told_as_one()
    {
        var machine = Greeted();
        Assert.Equal(new SessionEffect.Follow(Node), Assert.Single(machine.Step(new SessionInput.Welcomed(Node), Now, 0.5)));
        Assert.Null(machine.ConnectedTo);
        var effects = machine.Step(new SessionInput.Moved(TransportKind.Quic, null), Now, 0.5);
        Assert.Equal([typeof(SessionEffect.Tell), typeof(SessionEffect.Sync)], effects.Select(e => e.GetType()));
        Assert.Equal(new Connected(Now, Listed, TransportKind.Quic) { ConnectedTo = Node }, ((SessionEffect.Tell)effects[0]).Happened);
        Assert.Equal((Node, TransportKind.Quic, null), (machine.ConnectedTo, machine.Transport, machine.WhyNotQuic));
    }

    [Fact]
    public void Hint_that_leads_nowhere_is_no_failure()
    {
        var machine = Greeted();
        machine.Step(new SessionInput.Welcomed(Node), Now, 0.5);
        var effects = machine.Step(new SessionInput.Stayed(), Now, 0.5);
        Assert.Equal([typeof(SessionEffect.Tell), typeof(SessionEffect.Sync)], effects.Select(e => e.GetType()));
        Assert.Equal((0, false, null, TransportKind.Tcp), (machine.Failures, machine.HasFailed, machine.LastError, machine.Transport));
        Assert.Null(machine.ConnectedTo);
    }

    [Theory]
    [InlineData(0.0, 150)]
    [InlineData(0.5, 300)]
    [InlineData(1.0, 450)]
    public void After_a_hint_that_led_nowhere_none_is_followed_for_a_while_not_even_another(double random, int seconds)
    {
        var rules = Rules();
        Assert.True(rules.Follow(Node, Now));
        rules.Failed(Now, random);
        Assert.Null(rules.Elsewhere);
        Assert.False(rules.Follow(Other, Now));
        Assert.False(rules.Follow(Node, Now + TimeSpan.FromSeconds(seconds - 1)));
        Assert.Null(rules.Elsewhere);
        Assert.True(rules.Follow(Node, Now + TimeSpan.FromSeconds(seconds)));
    }

    [Fact]
    public void A_clock_that_is_set_back_and_a_try_that_somebody_asks_for_end_that_while()
    {
        var rules = Rules();
        rules.Failed(Now, 0.5);
        Assert.False(rules.Follow(Node, Now));
        Assert.True(rules.Follow(Node, Now - TimeSpan.FromDays(1)));

        rules.Failed(Now, 0.5);
        rules.Again();
        Assert.True(rules.Follow(Node, Now));
    }

    // A way that lets the handshake through and then nothing more must not be taken for ever.
    [Theory]
    [InlineData(119, ErrorCode.None, false)]
    [InlineData(121, ErrorCode.None, true)]
    [InlineData(5, ErrorCode.RelayShuttingDown, true)]
    public void Session_elsewhere_that_broke_soon_counts_as_a_hint_that_failed(int afterSeconds, ErrorCode code, bool followsNext)
    {
        var machine = Greeted();
        machine.Step(new SessionInput.Welcomed(Node), Now, 0.5);
        machine.Step(new SessionInput.Moved(TransportKind.Tcp, null), Now, 0.5);
        var then = Now + TimeSpan.FromSeconds(afterSeconds);
        Assert.IsType<SessionEffect.Wait>(machine.Step(Broke with { Code = code }, then, 0.5)[^1]);
        Assert.Null(machine.ConnectedTo);
        Assert.Equal(followsNext, Again(machine, then));
    }

    [Fact]
    public void Session_at_the_listed_address_that_breaks_says_nothing_about_hints()
    {
        var machine = Greeted();
        machine.Step(new SessionInput.Welcomed(), Now, 0.5);
        machine.Step(Broke, Now, 0.5);
        Assert.True(Again(machine, Now));
    }

    [Fact]
    public void Where_a_session_was_is_forgotten_when_it_is_closed()
    {
        var machine = Greeted();
        machine.Step(new SessionInput.Welcomed(Node), Now, 0.5);
        machine.Step(new SessionInput.Moved(TransportKind.Tcp, null), Now, 0.5);
        machine.Step(new SessionInput.Pause(), Now, 0.5);
        Assert.Null(machine.ConnectedTo);
        Assert.IsType<SessionEffect.Dial>(Assert.Single(machine.Step(new SessionInput.Start(), Now, 0.5)));
        machine.Step(new SessionInput.Dialed(TransportKind.Tcp, null), Now, 0.5);
        Assert.IsType<SessionEffect.Follow>(Assert.Single(machine.Step(new SessionInput.Welcomed(Node), Now, 0.5)));
    }

    [Fact]
    public void Own_listed_address_no_address_and_any_where_hints_are_not_wanted_lead_nowhere()
    {
        Assert.False(Rules().Follow(new RelayEndpoint("RELAY.example", 4840), Now));
        Assert.False(Rules().Follow(null, Now));
        Assert.False(Rules(follows: false).Follow(Node, Now));
        Assert.True(Rules().Follow(new RelayEndpoint("relay.example", 4841), Now));
    }

    private static HintRules Rules(bool follows = true) => new(Listed.Endpoint, follows);

    // From the wait after a session to the next WELCOME: is its hint followed?
    private static bool Again(SessionMachine machine, DateTimeOffset now)
    {
        Assert.IsType<SessionEffect.Dial>(Assert.Single(machine.Step(new SessionInput.Elapsed(), now, 0.5)));
        machine.Step(new SessionInput.Dialed(TransportKind.Tcp, null), now, 0.5);
        return machine.Step(new SessionInput.Welcomed(Node), now, 0.5)[0] is SessionEffect.Follow;
    }

    private static SessionMachine Greeted()
    {
        var machine = new SessionMachine(Listed, TimeSpan.FromMilliseconds(500), TimeSpan.FromSeconds(30));
        machine.Step(new SessionInput.Start(), Now, 0.5);
        machine.Step(new SessionInput.Dialed(TransportKind.Tcp, "no QUIC"), Now, 0.5);
        return machine;
    }
}
