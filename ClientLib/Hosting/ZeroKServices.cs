using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;

namespace ZeroK.Client;

/// <summary>Puts a device's sync into a hosted app.</summary>
public static class ZeroKServices
{
    /// <summary>Opens the device when the host starts, keeps it in sync until the host stops, and offers <see cref="ZeroKHost"/> to the app's services.</summary>
    /// <param name="services">The app's services.</param>
    /// <param name="configure">Sets the options; <see cref="ZeroKOptions.Directory"/> at least.</param>
    /// <exception cref="InvalidOperationException">It was added already: one device a host.</exception>
    public static IServiceCollection AddZeroK(this IServiceCollection services, Action<ZeroKOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);
        if (services.Any(s => s.ServiceType == typeof(ZeroKHost))) throw new InvalidOperationException("AddZeroK was called already: a host keeps one device in sync.");
        services.AddSingleton(provider =>
        {
            var options = new ZeroKOptions();
            configure(options);
            return new ZeroKHost(options, provider);
        });
        services.AddSingleton<IHostedService>(provider => provider.GetRequiredService<ZeroKHost>());
        return services;
    }

    /// <summary>Gives each received blob to a handler, one after the other. Without a handler the app reads by <see cref="SyncClient.ReceiveAsync"/> itself.</summary>
    public static IServiceCollection AddZeroKHandler<T>(this IServiceCollection services) where T : class, IBlobHandler
    {
        ArgumentNullException.ThrowIfNull(services);
        services.TryAddSingleton<IBlobHandler, T>();
        return services;
    }
}
