using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using ZeroK.GrainContracts;

namespace ZeroK.Grains.Groups;

/// <summary>The door to the groups: what a silo registers.</summary>
public static class GroupServices
{
    /// <summary>Registers groups. An <see cref="Storage.IGroupStore"/>, a <see cref="GroupKey"/> and an <see cref="IGatewayNotifier"/> must be registered as well.</summary>
    public static IServiceCollection AddGroups(this IServiceCollection services, Action<GroupOptions>? configure = null)
    {
        services.AddMetrics();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<GroupInstruments>();
        services.TryAddSingleton<StoreOutage>();
        services.TryAddSingleton<RelayClock>();
        services.TryAddSingleton(s => new RelayRoom(s.GetRequiredService<IOptions<GroupOptions>>().Value));
        services.TryAddSingleton<RelayWide>();
        services.AddOptions<GrainCollectionOptions>().Configure<IOptions<GroupOptions>>(static (collection, groups) =>
        {
            collection.CollectionQuantum = groups.Value.IdleAfter / 2;
            collection.ClassSpecificCollectionAge[typeof(GroupGrain).FullName!] = groups.Value.IdleAfter;
        });
        services.TryAddSingleton<IGatewayAddress, NoGatewayAddress>();
        services.AddSingleton<IValidateOptions<GroupOptions>, GroupOptionsValidator>();
        var options = services.AddOptions<GroupOptions>().ValidateOnStart();
        if (configure is not null) options.Configure(configure);
        services.AddHostedService<GroupSweeper>();
        return services;
    }
}

/// <summary>Of a silo whose gateway has no address of its own, or that has no gateway.</summary>
internal sealed class NoGatewayAddress : IGatewayAddress
{
    public string Public => "";
}
