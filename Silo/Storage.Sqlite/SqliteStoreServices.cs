using Microsoft.Extensions.DependencyInjection;
using ZeroK.Grains.Storage;

namespace ZeroK.Storage.Sqlite;

/// <summary>The door to the embedded store: what a silo registers.</summary>
public static class SqliteStoreServices
{
    /// <summary>Registers the embedded store as the groups' store. It opens when it is first asked for.</summary>
    public static IServiceCollection AddSqliteGroupStore(this IServiceCollection services, SqliteStoreOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        return services.AddSingleton<IGroupStore>(_ => SqliteGroupStore.Open(options));
    }
}
