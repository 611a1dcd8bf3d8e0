using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using Orleans.Runtime.Services;
using ZeroK.GrainContracts;

namespace ZeroK.Gateway;

/// <summary>The grains' way to the gateways: one-way calls to the service of the silo that is named.</summary>
internal sealed partial class GatewayNotifier(IServiceProvider services, ILogger<GatewayNotifier> log) : GrainServiceClient<IGatewayService>(services), IGatewayNotifier
{
    public void Notify(SiloAddress gateway, Guid group, ulong head, byte[] exceptDevice) =>
        Send(gateway, service => service.NotifyAsync(group, head, new Immutable<byte[]>(exceptDevice)));

    public void Revoked(SiloAddress gateway, Guid group, byte[] device) =>
        Send(gateway, service => service.RevokedAsync(group, new Immutable<byte[]>(device)));

    // async void in effect: what is told is told again by PRESENCE, so a lost call costs time, not data.
    private async void Send(SiloAddress gateway, Func<IGatewayService, Task> call)
    {
        try
        {
            await call(GetGrainService(gateway));
        }
        catch (Exception fault)
        {
            LogNotTold(log, fault.GetType().Name);
        }
    }

    [LoggerMessage(1, LogLevel.Debug, "A gateway could not be told of a change ({Fault}); its clients learn it with their next heartbeat")]
    private static partial void LogNotTold(ILogger logger, string fault);
}
