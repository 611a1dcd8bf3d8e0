using ZeroK.GrainContracts;
using ZeroK.Grains.Storage;
using ZeroK.Wire;

namespace ZeroK.Grains.Groups;

/// <summary>Tells the gateways of one group's devices: one call a gateway for a burst of commits.</summary>
internal sealed class GatewayFanOut(Guid group, IGatewayNotifier notifier, TimeSpan onlineFor, TimeProvider time)
{
    private readonly GatewayRoster<SiloAddress> _roster = new(onlineFor);
    private readonly long _since = time.GetTimestamp();
    private bool _pending;
    private bool _manySenders;
    private DeviceId? _sender;

    // By the time that passes: a clock that is set sends nobody offline.
    private DateTimeOffset Now => DateTimeOffset.UnixEpoch + time.GetElapsedTime(_since);

    public int Online => _roster.Online(Now);

    public void Seen(DeviceId device, SiloAddress gateway) => _roster.Seen(device, gateway, Now);

    public void Left(DeviceId device, SiloAddress gateway) => _roster.Left(device, gateway);

    public bool IsOnline(DeviceId device) => _roster.IsOnline(device, Now);

    public void TellRevoked(byte[] device)
    {
        foreach (var gateway in _roster.Gateways(Now)) notifier.Revoked(gateway, group, device);
    }

    public void TellHead(GroupState state, IReadOnlyList<Append> appends)
    {
        foreach (var append in appends)
        {
            _manySenders |= _sender is { } known && known != append.Sender;
            _sender = append.Sender;
        }

        if (_pending) return;
        _pending = true;
        _ = TellHeadSoonAsync(state);
    }

    // After what is already queued on the grain: commits that became durable together are told together.
    private async Task TellHeadSoonAsync(GroupState state)
    {
        await Task.Yield();
        var except = _manySenders ? [] : _sender?.ToArray() ?? [];
        _pending = _manySenders = false;
        _sender = null;
        foreach (var gateway in _roster.Gateways(Now)) notifier.Notify(gateway, group, state.Head.Value, except);
    }
}
