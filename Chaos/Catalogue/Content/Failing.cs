using ZeroK.Client;

namespace ZeroK.Chaos.Catalogue.Content;

/// <summary>Transfers that should stop with a typed error.</summary>
internal static class Failing
{
    /// <summary>The error; null if it went through.</summary>
    public static Task<ContentTransferException?> PutAsync(MemoryContentBench bench, byte[] content, CancellationToken cancellationToken) => WithAsync(() => bench.PutAsync(content, cancellationToken));

    /// <inheritdoc cref="PutAsync"/>
    public static async Task<ContentTransferException?> WithAsync(Func<Task> transfer)
    {
        try
        {
            await transfer().ConfigureAwait(false);
            return null;
        }
        catch (ContentTransferException e)
        {
            return e;
        }
    }
}
