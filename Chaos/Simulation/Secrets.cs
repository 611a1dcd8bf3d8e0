using ZeroK.Client;
using ZeroK.Client.Keys;
using ZeroK.Wire;

namespace ZeroK.Chaos.Simulation;

/// <summary>One group's keys for all histories: making them is not what is simulated.</summary>
internal static class Secrets
{
    private static readonly GroupSecret Own = GroupSecret.Random(), Other = GroupSecret.Random();

    public static KeyRing Keys { get; } = new(Own, 1);

    /// <summary>Keys that open nothing of the group.</summary>
    public static KeyRing Foreign { get; } = new(Other, 1);

    public static GroupId Group { get; } = Keys.GroupOfFirstKey();
}
