using System.Diagnostics.CodeAnalysis;
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
    /// <remarks><see cref="SyncClient"/> can be injected as well: a service that asks for it before the host has started starts the client then.</remarks>
    /// <exception cref="InvalidOperationException">It was added already without a name: give each further one a name.</exception>
    public static IServiceCollection AddZeroK(this IServiceCollection services, Action<ZeroKOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);
        if (services.Any(s => s.ServiceType == typeof(ZeroKHost) && !s.IsKeyedService)) throw new InvalidOperationException("AddZeroK was called already without a name. A device belongs to one group; for another one: AddZeroK(\"name\", …).");
        services.AddSingleton(provider => new ZeroKHost(Configured(configure), provider, provider.GetService<IBlobHandler>()));
        services.AddSingleton(provider => provider.GetRequiredService<ZeroKHost>().StartedClient());
        services.AddSingleton<IHostedService>(provider => provider.GetRequiredService<ZeroKHost>());
        return services;
    }

    /// <summary>The same for one of several devices in one app, each in a directory and a group of its own: <see cref="ZeroKHost"/> and <see cref="SyncClient"/> are keyed services under the name, as is its handler.</summary>
    /// <param name="services">The app's services.</param>
    /// <param name="name">The key of its services, for example "work".</param>
    /// <param name="configure">Sets the options; <see cref="ZeroKOptions.Directory"/> at least.</param>
    /// <exception cref="InvalidOperationException">The name is taken.</exception>
    public static IServiceCollection AddZeroK(this IServiceCollection services, string name, Action<ZeroKOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(configure);
        if (services.Any(s => s.ServiceType == typeof(ZeroKHost) && s.IsKeyedService && name.Equals(s.ServiceKey))) throw new InvalidOperationException($"AddZeroK was called already with the name \"{name}\".");
        services.AddKeyedSingleton(name, (provider, _) => new ZeroKHost(Configured(configure), provider, provider.GetKeyedService<IBlobHandler>(name)));
        services.AddKeyedSingleton(name, (provider, _) => provider.GetRequiredKeyedService<ZeroKHost>(name).StartedClient());
        services.AddSingleton<IHostedService>(provider => provider.GetRequiredKeyedService<ZeroKHost>(name));
        return services;
    }

    /// <summary>Gives each received blob to a handler, one after the other. Without a handler the app reads by <see cref="SyncClient.ReceiveAsync"/> itself.</summary>
    public static IServiceCollection AddZeroKHandler<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] T>(this IServiceCollection services) where T : class, IBlobHandler
    {
        ArgumentNullException.ThrowIfNull(services);
        services.TryAddSingleton<IBlobHandler, T>();
        return services;
    }

    /// <summary>The same for the device that was added under a name.</summary>
    public static IServiceCollection AddZeroKHandler<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] T>(this IServiceCollection services, string name) where T : class, IBlobHandler
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentException.ThrowIfNullOrEmpty(name);
        services.TryAddKeyedSingleton<IBlobHandler, T>(name);
        return services;
    }

    private static ZeroKOptions Configured(Action<ZeroKOptions> configure)
    {
        var options = new ZeroKOptions();
        configure(options);
        return options;
    }
}
