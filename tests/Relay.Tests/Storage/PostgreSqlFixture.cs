using Xunit;
using ZeroK.Postgres;

[assembly: AssemblyFixture(typeof(ZeroK.Relay.Tests.Storage.PostgreSqlFixture))]

namespace ZeroK.Relay.Tests.Storage;

/// <summary>One server for the whole run, started when first asked for; a fresh database for each test. Skips the test where PostgreSQL is not installed.</summary>
public sealed class PostgreSqlFixture : IAsyncDisposable
{
    private readonly Lazy<Task<PostgreSqlServer>> _server = new(() => Task.Run(PostgreSqlServer.StartAsync));

    public async Task<string> NewDatabaseAsync()
    {
        if (PostgreSqlServer.WhyNot() is { } why) Assert.Skip($"skipped: {why}");
        return await (await _server.Value).NewDatabaseAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_server.IsValueCreated) await (await _server.Value).DisposeAsync();
    }
}
