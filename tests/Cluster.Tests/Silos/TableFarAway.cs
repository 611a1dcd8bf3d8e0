using Microsoft.Extensions.DependencyInjection;

namespace ZeroK.Cluster.Tests.Silos;

/// <summary>A membership table behind a network: each call asks first whether the table is within reach.</summary>
internal sealed class TableFarAway(IMembershipTable table, Action reach) : IMembershipTable
{
    public Task InitializeMembershipTable(bool tryInitTableVersion) => Reached(() => table.InitializeMembershipTableAsync(tryInitTableVersion, CancellationToken.None));

    public Task DeleteMembershipTableEntries(string clusterId) => Reached(() => table.DeleteMembershipTableEntriesAsync(clusterId, CancellationToken.None));

    public Task CleanupDefunctSiloEntries(DateTimeOffset beforeDate) => Reached(() => table.CleanupDefunctSiloEntriesAsync(beforeDate, CancellationToken.None));

    public Task<MembershipTableData> ReadRow(SiloAddress key) => Reached(() => table.ReadRowAsync(key, CancellationToken.None));

    public Task<MembershipTableData> ReadAll() => Reached(() => table.ReadAllAsync(CancellationToken.None));

    public Task<bool> InsertRow(MembershipEntry entry, TableVersion tableVersion) => Reached(() => table.InsertRowAsync(entry, tableVersion, CancellationToken.None));

    public Task<bool> UpdateRow(MembershipEntry entry, string etag, TableVersion tableVersion) => Reached(() => table.UpdateRowAsync(entry, etag, tableVersion, CancellationToken.None));

    public Task UpdateIAmAlive(MembershipEntry entry) => Reached(() => table.UpdateIAmAliveAsync(entry, CancellationToken.None));

    private T Reached<T>(Func<T> call) where T : Task
    {
        reach();
        return call();
    }
}

/// <summary>Puts <see cref="TableFarAway"/> before the table that the test cluster brings: it is registered last, so it is found when the container is made.</summary>
internal sealed class TableFarAwayFactory(SiloNetwork network) : IServiceProviderFactory<IServiceCollection>
{
    public IServiceCollection CreateBuilder(IServiceCollection services) => services;

    public IServiceProvider CreateServiceProvider(IServiceCollection containerBuilder)
    {
        var table = (IMembershipTable)containerBuilder.Last(d => d.ServiceType == typeof(IMembershipTable)).ImplementationInstance!;
        containerBuilder.AddSingleton(silo => network.TableFor(silo, table));
        return containerBuilder.BuildServiceProvider();
    }
}
