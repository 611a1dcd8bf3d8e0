using System.Security.Cryptography;
using ZeroK.GrainContracts;
using ZeroK.Grains.Storage;
using ZeroK.Noise;
using ZeroK.Relay.Settings;
using ZeroK.Storage.AzureBlob;
using ZeroK.Storage.Content;
using ZeroK.Storage.PostgreSql;

namespace ZeroK.Relay;

/// <summary>What a relay must not lose, opened: the store, the identity and the secret of its pseudonyms. In the data directory, or in the cluster's database.</summary>
internal sealed class RelayData : IAsyncDisposable
{
    private const string IdentityKey = "identity";

    private RelayData(IGroupStore store, StaticIdentity identity, GroupKey pseudonyms, (IContentStore, IContentIndex)? contents, IBodyStore? bodies) =>
        (Store, Identity, Pseudonyms, Contents, Bodies) = (store, identity, pseudonyms, contents, bodies);

    public IGroupStore Store { get; }

    public StaticIdentity Identity { get; }

    public GroupKey Pseudonyms { get; }

    /// <summary>Where a cluster keeps contents; null if it keeps none, or the relay is alone.</summary>
    public (IContentStore Store, IContentIndex Index)? Contents { get; }

    /// <summary>Where a cluster keeps large bodies; null if the relay is alone.</summary>
    public IBodyStore? Bodies { get; }

    /// <exception cref="DataDirectoryException">The data directory can't be used.</exception>
    /// <exception cref="StoreException">The database can't be used.</exception>
    /// <exception cref="ContentStoreException">The store of contents can't be used.</exception>
    /// <exception cref="BodyStoreException">The store of large bodies can't be used.</exception>
    public static async Task<RelayData> OpenAsync(RelaySettings settings)
    {
        IGroupStore store = settings.Cluster is { } cluster ? await OpenClusterAsync(cluster) : RelayStore.Open(settings.DataDirectory);
        try
        {
            var identity = store is PostgreSqlGroupStore shared ? await SharedIdentityAsync(shared) : RelayIdentity.LoadOrCreate(settings.DataDirectory);
            var contents = store is PostgreSqlGroupStore { Contents: var index } && settings.Cluster!.AzureStorage.Length > 0 ? (await OpenAzureAsync(settings.Cluster), index) : ((IContentStore, IContentIndex)?)null;
            var bodies = store is PostgreSqlGroupStore database ? await OpenBodiesAsync(database, settings.Cluster!) : null;
            return new RelayData(store, identity, new GroupKey(await store.GetRelaySecretAsync(CancellationToken.None)), contents, bodies);
        }
        catch
        {
            await CloseAsync(store);
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await CloseAsync(Store);
        Identity.Dispose();
    }

    private static Task<PostgreSqlGroupStore> OpenClusterAsync(ClusterSettings cluster) =>
        PostgreSqlGroupStore.OpenAsync(new PostgreSqlStoreOptions { ConnectionString = cluster.PostgreSql }, TimeProvider.System, CancellationToken.None);

    private static async Task<IBodyStore> OpenBodiesAsync(PostgreSqlGroupStore database, ClusterSettings cluster) => cluster.AzureStorage.Length == 0
        ? database.Bodies
        : new MovedBodyStore(await AzureBodyStore.OpenAsync(AzureOf(cluster), TimeProvider.System, CancellationToken.None), database.Bodies);

    private static async Task<IContentStore> OpenAzureAsync(ClusterSettings cluster) =>
        await AzureBlobContentStore.OpenAsync(AzureOf(cluster), TimeProvider.System, CancellationToken.None);

    private static AzureBlobOptions AzureOf(ClusterSettings cluster) => new() { ConnectionString = cluster.AzureStorage, Container = cluster.AzureContainer };

    // One identity for all relays of a cluster: to a client they are one relay, whichever it reaches.
    private static async Task<StaticIdentity> SharedIdentityAsync(PostgreSqlGroupStore store)
    {
        byte[]? secret = null;
        try
        {
            secret = await store.GetSharedAsync(IdentityKey, MakeSecret, CancellationToken.None);
            return StaticIdentity.Import(secret);
        }
        catch (ArgumentException e)
        {
            throw new StoreException("The relays' identity in the database is damaged. Restore it from a backup; without it, clients refuse these relays.", e);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secret);
        }
    }

    private static byte[] MakeSecret()
    {
        using var fresh = StaticIdentity.Generate();
        var secret = new byte[StaticIdentity.SecretBytes];
        fresh.ExportSecret(secret);
        return secret;
    }

    private static async ValueTask CloseAsync(IGroupStore store)
    {
        if (store is IAsyncDisposable later) await later.DisposeAsync();
        else (store as IDisposable)?.Dispose();
    }
}
