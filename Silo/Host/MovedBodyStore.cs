using System.Runtime.CompilerServices;
using ZeroK.GrainContracts;

namespace ZeroK.Relay;

/// <summary>Large bodies of a cluster that has got an Azure account later: new ones go there, earlier ones are read where they are.</summary>
internal sealed class MovedBodyStore(IBodyStore current, IBodyStore earlier) : IBodyStore
{
    /// <inheritdoc/>
    public Task PutAsync(Guid name, ReadOnlyMemory<byte> body, CancellationToken cancellationToken) => current.PutAsync(name, body, cancellationToken);

    /// <inheritdoc/>
    public async Task<ReadOnlyMemory<byte>?> GetAsync(Guid name, CancellationToken cancellationToken) =>
        await current.GetAsync(name, cancellationToken) ?? await earlier.GetAsync(name, cancellationToken);

    /// <inheritdoc/>
    public async IAsyncEnumerable<Guid> ListAsync(TimeSpan olderThan, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var name in current.ListAsync(olderThan, cancellationToken)) yield return name;
        await foreach (var name in earlier.ListAsync(olderThan, cancellationToken)) yield return name;
    }

    /// <inheritdoc/>
    public async Task DeleteAsync(Guid name, CancellationToken cancellationToken)
    {
        await current.DeleteAsync(name, cancellationToken);
        await earlier.DeleteAsync(name, cancellationToken);
    }
}
