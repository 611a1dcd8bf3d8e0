using System.Runtime.CompilerServices;
using ZeroK.GrainContracts;
using ZeroK.Storage.Content;

namespace ZeroK.Storage.AzureBlob;

/// <summary>Large bodies of a cluster's groups as blobs: bodies/NAME, in the container of its contents.</summary>
public sealed class AzureBodyStore : IBodyStore
{
    private const string Prefix = "bodies/";

    private readonly AzureContainer _container;

    private AzureBodyStore(AzureBlobOptions options, TimeProvider time) => _container = new AzureContainer(options, time);

    /// <summary>Opens the container, and makes it if there is none.</summary>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    /// <exception cref="BodyStoreException">Azure refuses, or can't be reached.</exception>
    public static async Task<AzureBodyStore> OpenAsync(AzureBlobOptions options, TimeProvider time, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        var store = new AzureBodyStore(options, time);
        await GuardAsync(async () =>
        {
            await store._container.CreateAsync(cancellationToken);
            return true;
        });
        return store;
    }

    /// <inheritdoc/>
    public Task PutAsync(Guid name, ReadOnlyMemory<byte> body, CancellationToken cancellationToken) => GuardAsync(async () =>
    {
        await _container.WriteAsync(NameOf(name), body, cancellationToken);
        return true;
    });

    /// <inheritdoc/>
    public Task<ReadOnlyMemory<byte>?> GetAsync(Guid name, CancellationToken cancellationToken) => GuardAsync(() => _container.ReadAllAsync(NameOf(name), cancellationToken));

    /// <inheritdoc/>
    public async IAsyncEnumerable<Guid> ListAsync(TimeSpan olderThan, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string? from = null;
        do
        {
            var (blobs, now, next) = await GuardAsync(() => _container.ListAsync(Prefix, from, cancellationToken));
            foreach (var (blob, written) in blobs)
            {
                if (Guid.TryParseExact(blob.AsSpan(Prefix.Length), "N", out var name) && now - written > olderThan) yield return name;
            }

            from = next;
        }
        while (from is not null);
    }

    /// <inheritdoc/>
    public Task DeleteAsync(Guid name, CancellationToken cancellationToken) => GuardAsync(async () =>
    {
        await _container.DeleteAsync(NameOf(name), cancellationToken);
        return true;
    });

    private static string NameOf(Guid name) => Prefix + name.ToString("N");

    private static async Task<T> GuardAsync<T>(Func<Task<T>> step)
    {
        try
        {
            return await step();
        }
        catch (ContentStoreException e)
        {
            throw new BodyStoreException(e.Message, e);
        }
    }
}
