using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using ZeroK.GrainContracts;

namespace ZeroK.Gateway;

/// <summary>This silo's gateway, as grains see it: passes on to the sessions here.</summary>
[Reentrant]
internal sealed class GatewayService(GrainId id, Silo silo, ILoggerFactory logs, SessionRegistry sessions) : GrainService(id, silo, logs), IGatewayService
{
    public Task NotifyAsync(Guid group, ulong head, Immutable<byte[]> exceptDevice)
    {
        sessions.Notify(group, head, exceptDevice.Value);
        return Task.CompletedTask;
    }

    public Task RevokedAsync(Guid group, Immutable<byte[]> device)
    {
        sessions.Revoked(group, device.Value);
        return Task.CompletedTask;
    }
}
