using System.Net;
using Xunit;
using ZeroK.Transport;

namespace ZeroK.Contracts.Tests.Transport;

/// <summary>Which of a relay's addresses is tried when, by which transport: the rule alone, with time passed in.</summary>
public sealed class DialRaceTests
{
    private static readonly TimeSpan Head = TimeSpan.FromMilliseconds(250);

    [Fact]
    public void Every_way_is_tried_though_none_before_it_ever_answers()
    {
        var race = new DialRace(2, 2, Head);
        race.Resolved(0, Addresses("a1", "a2"), TimeSpan.Zero);
        race.Resolved(1, Addresses("b1"), TimeSpan.Zero);
        Assert.Equal(["0 a1/0", "250 a1/1", "500 b1/0", "750 b1/1", "1000 a2/0", "1250 a2/1"], Silent(race, TimeSpan.Zero));
    }

    [Fact]
    public void Failed_attempt_lets_the_next_one_begin_at_once()
    {
        var race = new DialRace(2, 1, Head);
        race.Resolved(0, Addresses("a"), TimeSpan.Zero);
        race.Resolved(1, Addresses("b"), TimeSpan.Zero);
        Assert.Equal("a", race.Next(TimeSpan.Zero).Address!.Host);
        Assert.Equal(Head, race.Next(TimeSpan.Zero).Delay);
        race.Failed();
        Assert.Equal("b", race.Next(TimeSpan.Zero).Address!.Host);
        Assert.Equal(new DialStep(DialTurn.Wait), race.Next(TimeSpan.Zero));
        race.Failed();
        Assert.Equal(DialTurn.Over, race.Next(TimeSpan.Zero).Turn);
    }

    [Fact]
    public void Name_that_is_looked_up_long_holds_the_next_ones_back_for_fifty_milliseconds_and_no_longer()
    {
        var race = new DialRace(2, 1, Head);
        Assert.Equal(new DialStep(DialTurn.Wait), race.Next(TimeSpan.Zero));
        race.Resolved(1, Addresses("b"), Ms(10));
        Assert.Equal(Ms(50), race.Next(Ms(10)).Delay);
        Assert.Equal(Ms(1), race.Next(Ms(59)).Delay);
        Assert.Equal("b", race.Next(Ms(60)).Address!.Host);

        // It comes after all: its turn is next, once the other has had its head start.
        race.Resolved(0, Addresses("a"), Ms(100));
        Assert.Equal(Ms(210), race.Next(Ms(100)).Delay);
        Assert.Equal("a", race.Next(Ms(310)).Address!.Host);
    }

    [Fact]
    public void Preferred_name_that_is_found_in_time_goes_first()
    {
        var race = new DialRace(2, 1, Head);
        race.Resolved(1, Addresses("b"), Ms(10));
        race.Resolved(0, Addresses("a"), Ms(30));
        Assert.Equal("a", race.Next(Ms(30)).Address!.Host);
    }

    [Fact]
    public void Name_that_does_not_exist_stops_nothing()
    {
        var race = new DialRace(3, 1, Head);
        race.Resolved(0, [], TimeSpan.Zero);
        race.Resolved(1, Addresses("b"), TimeSpan.Zero);
        race.Resolved(2, [], TimeSpan.Zero);
        Assert.Equal("b", race.Next(TimeSpan.Zero).Address!.Host);
        race.Failed();
        Assert.Equal(DialTurn.Over, race.Next(TimeSpan.Zero).Turn);
    }

    [Fact]
    public void Families_take_turns_and_the_systems_first_choice_goes_first()
    {
        IPAddress[] found = [.. new[] { "2001:db8::1", "2001:db8::2", "2001:db8::3", "192.0.2.1" }.Select(IPAddress.Parse)];
        Assert.Equal(["2001:db8::1", "192.0.2.1", "2001:db8::2", "2001:db8::3"], DialRace.Interleaved(found).Select(a => a.ToString()));
        Assert.Equal(["192.0.2.1", "2001:db8::3", "2001:db8::2", "2001:db8::1"], DialRace.Interleaved([.. found.Reverse()]).Select(a => a.ToString()));
        Assert.Empty(DialRace.Interleaved([]));
    }

    [Fact]
    public void Name_that_resolves_to_a_thousand_addresses_makes_no_more_attempts_than_the_bound_and_starves_no_other_name()
    {
        var race = new DialRace(2, 2, Head);
        race.Resolved(0, Addresses([.. Enumerable.Range(0, 1000).Select(i => $"a{i}")]), TimeSpan.Zero);
        race.Resolved(1, Addresses("b"), TimeSpan.Zero);
        var tried = Silent(race, TimeSpan.Zero);
        Assert.Equal(DialRace.AttemptsMax, tried.Count);
        Assert.Equal("500 b/0", tried[2]);
        Assert.True(Head * DialRace.AttemptsMax < TimeSpan.FromSeconds(10));
    }

    // Nobody ever answers: what begins when.
    private static List<string> Silent(DialRace race, TimeSpan now)
    {
        var begun = new List<string>();
        while (true)
        {
            var step = race.Next(now);
            if (step.Turn == DialTurn.Begin) begun.Add($"{now.TotalMilliseconds:0} {step.Address!.Host}/{step.Transport}");
            else if (step.Delay is { } delay) now += delay;
            else return begun;
        }
    }

    private static TimeSpan Ms(int ms) => TimeSpan.FromMilliseconds(ms);

    private static IEnumerable<RelayEndpoint> Addresses(params string[] hosts) => hosts.Select(h => new RelayEndpoint(h, 1));
}
