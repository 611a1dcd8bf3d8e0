using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using ZeroK.GrainContracts;
using ZeroK.Noise;
using ZeroK.Storage.Content;
using ZeroK.Transport;

namespace ZeroK.Gateway;

/// <summary>Puts the gateway into a silo. The host gives it <see cref="StaticIdentity"/>, <see cref="GroupKey"/> and its <see cref="ITransport"/>s.</summary>
public static class GatewayHosting
{
    /// <summary>Adds the gateway, its part in the cluster, and the grains' way to it.</summary>
    /// <param name="silo">The silo.</param>
    /// <param name="publicAddress">Where devices reach this silo's gateway directly, port 0: the one that it listens on; null: nowhere, so none is sent here.</param>
    public static ISiloBuilder AddZeroKGateway(this ISiloBuilder silo, RelayEndpoint? publicAddress = null)
    {
        ArgumentNullException.ThrowIfNull(silo);
        var services = silo.Services;
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<IValidateOptions<GatewayOptions>, GatewayOptionsValidator>();
        services.AddSingleton<SessionRegistry>();
        services.AddSingleton<GatewayInstruments>();
        services.AddSingleton<IGatewayNotifier, GatewayNotifier>();
        services.AddGrainService<GatewayService>();
        services.AddSingleton(s => new RelayGateway(
            new GatewayContext(
                s.GetRequiredService<IOptions<GatewayOptions>>().Value,
                s.GetRequiredService<ILocalSiloDetails>().SiloAddress,
                s.GetRequiredService<GroupKey>(),
                new OrleansGroups(s.GetRequiredService<IGrainFactory>()),
                s.GetRequiredService<SessionRegistry>(),
                s.GetRequiredService<GatewayInstruments>(),
                s.GetRequiredService<TimeProvider>(),
                s.GetRequiredService<ILoggerFactory>(),
                s.GetService<ContentService>(),
                s.GetService<LargeBodyStore>()),
            s.GetServices<ITransport>(),
            s.GetRequiredService<StaticIdentity>(),
            s.GetRequiredService<ILoggerFactory>()));
        services.AddSingleton<IGatewayAddress>(s => new GatewayAddress(publicAddress, s.GetRequiredService<RelayGateway>()));
        services.AddHostedService<GatewayLifetime>();
        return silo;
    }
}

/// <summary>Opens the gateway when the silo and everything else has started; drains it before anything else stops.</summary>
internal sealed class GatewayLifetime(RelayGateway gateway) : IHostedLifecycleService
{
    public Task StartedAsync(CancellationToken cancellationToken) => gateway.StartAsync(cancellationToken);

    public Task StoppingAsync(CancellationToken cancellationToken) => gateway.DrainAsync();

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
