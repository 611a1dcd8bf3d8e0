using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using ZeroK.Storage.Content.Files;

namespace ZeroK.Storage.Content;

/// <summary>Puts contents into a relay.</summary>
public static class ContentHosting
{
    /// <summary>Contents in files below the data directory, with an index of their own beside them.</summary>
    public static IServiceCollection AddFileContents(this IServiceCollection services, string dataDirectory, ContentLimits limits)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddSingleton<IContentStore>(_ => new FileContentStore(Path.Combine(dataDirectory, "content")));
        services.AddSingleton<IContentIndex>(_ => SqliteContentIndex.Open(Path.Combine(dataDirectory, "content.db")));
        return services.AddContents(limits);
    }

    /// <summary>The service itself; the host gives it <see cref="IContentStore"/> and <see cref="IContentIndex"/>.</summary>
    public static IServiceCollection AddContents(this IServiceCollection services, ContentLimits limits)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(limits);
        services.AddSingleton<ContentInstruments>();
        services.AddSingleton<ContentService>();
        services.AddHostedService<ContentSweeper>();
        return services;
    }
}
