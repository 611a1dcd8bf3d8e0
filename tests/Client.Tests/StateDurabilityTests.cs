using Microsoft.Data.Sqlite;
using Xunit;
using ZeroK.Client.Store;

namespace ZeroK.Client.Tests;

/// <summary>What a receipt calls durable is on the disk: the state's connection waits for it. A killed process can't show that; the setting can.</summary>
public sealed class StateDurabilityTests : IDisposable
{
    private const long Full = 2;

    private readonly string _folder = Directory.CreateTempSubdirectory("zerok-durability-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void State_waits_for_the_disk_also_when_opened_again()
    {
        for (var opened = 0; opened < 2; opened++)
        {
            using var connection = SqliteSchema.Open(Path.Combine(_folder, "state.db"));
            Assert.Equal(Full, Ask(connection));
        }
    }

    private static object? Ask(SqliteConnection connection)
    {
        using var command = connection.CreateCommand();
        command.CommandText = "PRAGMA synchronous";
        return command.ExecuteScalar();
    }
}
