namespace ZeroK.Grains.Groups;

/// <summary>Which gateways hold the group's devices, learned from calls. What hasn't called for a while is dropped.</summary>
/// <remarks>A device that leaves keeps its gateway in the set until it is stale: its next session there may have begun already, and a notification too many harms nobody.</remarks>
internal sealed class GatewayRoster<TGateway>(TimeSpan onlineFor) where TGateway : notnull
{
    private readonly Dictionary<TGateway, DateTimeOffset> _gateways = [];
    private readonly Dictionary<Wire.DeviceId, (TGateway Gateway, DateTimeOffset Seen)> _devices = [];

    public void Seen(Wire.DeviceId device, TGateway gateway, DateTimeOffset now)
    {
        _gateways[gateway] = now;
        _devices[device] = (gateway, now);
    }

    public void Left(Wire.DeviceId device, TGateway gateway)
    {
        if (_devices.TryGetValue(device, out var at) && at.Gateway.Equals(gateway)) _devices.Remove(device);
    }

    public IReadOnlyList<TGateway> Gateways(DateTimeOffset now)
    {
        foreach (var stale in _gateways.Where(g => now - g.Value > onlineFor).Select(g => g.Key).ToList()) _gateways.Remove(stale);
        return [.. _gateways.Keys];
    }

    public bool IsOnline(Wire.DeviceId device, DateTimeOffset now) => _devices.TryGetValue(device, out var at) && now - at.Seen <= onlineFor;

    public int Online(DateTimeOffset now)
    {
        foreach (var stale in _devices.Where(d => now - d.Value.Seen > onlineFor).Select(d => d.Key).ToList()) _devices.Remove(stale);
        return _devices.Count;
    }
}
