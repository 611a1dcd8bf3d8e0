using Xunit;
using ZeroK.Storage.Sqlite;

namespace ZeroK.Relay.Tests.Storage;

public sealed class SqliteOptionsTests
{
    private static readonly SqliteStoreOptions Valid = new() { DataDirectory = "data" };

    public static TheoryData<string, SqliteStoreOptions, SqliteStoreOptions?> Ranges => new()
    {
        { "DataDirectory", Valid with { DataDirectory = " " }, null },
        { "WaitingCommitsMax", Valid with { WaitingCommitsMax = 0 }, Valid with { WaitingCommitsMax = 1 } },
        { "WaitingBytesMax", Valid with { WaitingBytesMax = (2 << 20) - 1 }, Valid with { WaitingBytesMax = 2 << 20 } },
        { "BatchCommitsMax", Valid with { BatchCommitsMax = 0 }, Valid with { BatchCommitsMax = 1 } },
        { "BatchBytesMax", Valid with { BatchBytesMax = 0 }, Valid with { BatchBytesMax = 1 } },
        { "ReadConnections", Valid with { ReadConnections = 0 }, Valid with { ReadConnections = 1 } },
        { "ReadConnections", Valid with { ReadConnections = 65 }, Valid with { ReadConnections = 64 } },
    };

    [Theory]
    [MemberData(nameof(Ranges), DisableDiscoveryEnumeration = true)]
    public void Option_out_of_its_range_is_named(string name, SqliteStoreOptions wrong, SqliteStoreOptions? atTheEdge)
    {
        Assert.Contains(name, Assert.Throws<ArgumentException>(wrong.Validate).Message, StringComparison.Ordinal);
        atTheEdge?.Validate();
    }

    [Fact]
    public void Defaults_are_in_their_ranges() => Valid.Validate();
}
