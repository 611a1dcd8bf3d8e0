using System.Collections.Concurrent;
using ZeroK.GrainContracts;

namespace ZeroK.Relay.Tests.Groups;

/// <summary>Writes down what grains tell gateways.</summary>
public sealed class TestNotifier : IGatewayNotifier
{
    public ConcurrentQueue<(Guid Group, ulong Head, byte[] Except)> Heads { get; } = new();
    public ConcurrentQueue<(Guid Group, byte[] Device)> Blocked { get; } = new();

    public void Notify(SiloAddress gateway, Guid group, ulong head, byte[] exceptDevice) => Heads.Enqueue((group, head, exceptDevice));

    public void Revoked(SiloAddress gateway, Guid group, byte[] device) => Blocked.Enqueue((group, device));
}
