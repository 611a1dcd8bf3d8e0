using System.Globalization;
using Xunit;
using ZeroK.Client.Outbox;
using ZeroK.Client.Session;

namespace ZeroK.Client.Tests;

public sealed class RelayChoiceTests
{
    // A relay a word: + and a number: connected for so many seconds; ~ connecting for the first time; - failed; x refused for good; ! connected for long, but it takes no pushes.
    [Theory]
    [InlineData(0, 0, "~", 0, null)]
    [InlineData(0, 9, "x", 0, null)]
    [InlineData(0, 9, "+1 +9", 0, null)]
    [InlineData(0, 0.5, "~ +0", 0, 1.5)]
    [InlineData(0, 2, "~ +0", 1, null)]
    [InlineData(0, 0.5, "- +0", 1, null)]
    [InlineData(0, 0.5, "x +0", 1, null)]
    [InlineData(0, 0.5, "- ~ +0", 0, 1.5)]
    [InlineData(0, 9, "- - +0", 2, null)]
    [InlineData(1, 99, "+10 +99", 1, 20.0)]
    [InlineData(1, 99, "+30 +99", 0, null)]
    [InlineData(1, 99, "- +99", 1, null)]
    [InlineData(2, 99, "+10 +25 +99", 2, 5.0)]
    [InlineData(1, 99, "+1 -", 0, null)]
    [InlineData(1, 99, "- -", 1, null)]
    [InlineData(0, 99, "x -", 1, null)]
    [InlineData(0, 99, "x x", 0, null)]
    [InlineData(0, 99, "! +5", 1, null)]
    [InlineData(0, 99, "! -", 0, null)]
    [InlineData(1, 99, "! +5", 1, null)]
    [InlineData(0, 99, "! !", 0, null)]
    public void Table_of_choices(int current, double sinceStart, string relays, int primary, double? lookAgain)
    {
        var health = relays.Split(' ').Select(Of).ToArray();
        var (chosen, again) = RelayChoice.Choose(current, health, TimeSpan.FromSeconds(sinceStart), TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(30));
        Assert.Equal((primary, lookAgain), (chosen, again?.TotalSeconds));
    }

    // A lane: delivered/bytes waiting, x: given up.
    [Theory]
    [InlineData("5/10", 5, 5, -1)]
    [InlineData("5/10 3/20", 3, 5, -1)]
    [InlineData("5/0 3/101", 3, 5, 1)]
    [InlineData("5/10 3/110", 3, 5, -1)]
    [InlineData("3/111 5/10", 3, 5, 0)]
    [InlineData("5/0 3/999x", 5, 5, -1)]
    [InlineData("5/0 3/999x 4/10", 4, 5, -1)]
    [InlineData("0/5 0/5", 0, 0, -1)]
    public void Table_of_what_the_outbox_keeps(string lanes, ulong removeThrough, ulong durable, int givenUp)
    {
        var states = lanes.Split(' ').Select(l =>
        {
            var parts = l.TrimEnd('x').Split('/').Select(p => long.Parse(p, CultureInfo.InvariantCulture)).ToArray();
            return new LaneState((ulong)parts[0], 1, parts[1], l.EndsWith('x'));
        }).ToArray();
        Assert.Equal((removeThrough, durable, givenUp), (OutboxRules.RemoveThrough(states), OutboxRules.Furthest(states).Delivered, OutboxRules.MustGiveUp(states, 100)));
    }

    private static RelayHealth Of(string word) => new(
        word[0] is '+' or '!',
        word[0] == '+' ? TimeSpan.FromSeconds(double.Parse(word[1..], CultureInfo.InvariantCulture)) : word[0] == '!' ? TimeSpan.FromHours(1) : TimeSpan.Zero,
        word[0] is '-' or 'x',
        word[0] == 'x',
        word[0] != '!');
}
