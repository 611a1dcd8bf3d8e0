namespace ZeroK.Client;

/// <summary>Takes what other devices pushed, in a hosted app; registered by <see cref="ZeroKServices.AddZeroKHandler{T}(Microsoft.Extensions.DependencyInjection.IServiceCollection)"/>.</summary>
public interface IBlobHandler
{
    /// <summary>Takes one blob. When it completes, the blob is acknowledged. If it throws, the blob comes again after a while.</summary>
    ValueTask HandleAsync(ReceivedBlob blob, CancellationToken cancellationToken);
}
