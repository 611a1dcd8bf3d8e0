using ZeroK.Content;
using ZeroK.Storage.Content;

namespace ZeroK.Relay.Tests.Content;

/// <summary>Something happens between an object's sealing and its row.</summary>
internal sealed class AfterSealing(IContentStore store, Func<Task> then) : IContentStore
{
    public ValueTask<long> ResumeAsync(ContentKey key, ContentTree tree, CancellationToken cancellationToken) => store.ResumeAsync(key, tree, cancellationToken);

    public ValueTask WriteAsync(ContentKey key, ContentTree tree, VerifiedRun run, CancellationToken cancellationToken) => store.WriteAsync(key, tree, run, cancellationToken);

    public async ValueTask SealAsync(ContentKey key, ContentTree tree, CancellationToken cancellationToken)
    {
        await store.SealAsync(key, tree, cancellationToken);
        await then();
    }

    public ValueTask<int> ReadAsync(ContentKey key, TreeSource source, long offset, Memory<byte> destination, CancellationToken cancellationToken) => store.ReadAsync(key, source, offset, destination, cancellationToken);

    public ValueTask ReopenAsync(ContentKey key, CancellationToken cancellationToken) => store.ReopenAsync(key, cancellationToken);

    public ValueTask DeleteAsync(ContentKey key, CancellationToken cancellationToken) => store.DeleteAsync(key, cancellationToken);
}
