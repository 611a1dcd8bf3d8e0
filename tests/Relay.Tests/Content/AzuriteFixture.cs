using Xunit;
using ZeroK.Storage.AzureBlob;

[assembly: AssemblyFixture(typeof(ZeroK.Relay.Tests.Content.AzuriteFixture))]

namespace ZeroK.Relay.Tests.Content;

/// <summary>One Azurite for the whole run, started when first asked for; a container for each test. Skips the test where Azurite is not installed.</summary>
public sealed class AzuriteFixture : IDisposable
{
    private readonly Lazy<Task<AzuriteServer>> _server = new(() => Task.Run(AzuriteServer.StartAsync));

    /// <summary>Options that name a container of the test's own.</summary>
    public async Task<AzureBlobOptions> NewContainerAsync()
    {
        SkipWithoutAzurite();
        return OptionsFor(await _server.Value);
    }

    public static void SkipWithoutAzurite()
    {
        if (AzuriteServer.WhyNot() is { } why) Assert.Skip($"skipped: {why}");
    }

    internal static AzureBlobOptions OptionsFor(AzuriteServer server) =>
        new() { ConnectionString = server.ConnectionString, Container = $"test-{Guid.NewGuid():N}", RequestSeconds = 60 };

    public void Dispose()
    {
        if (_server.IsValueCreated && _server.Value.IsCompletedSuccessfully) _server.Value.Result.Dispose();
    }
}
