using System.Security.Cryptography;
using Npgsql;
using Xunit;
using ZeroK.GrainContracts;
using ZeroK.Grains.Groups;
using ZeroK.Grains.Storage;
using ZeroK.Storage.PostgreSql;
using ZeroK.Storage.Sqlite;
using ZeroK.Wire;

namespace ZeroK.Relay.Tests.Storage;

/// <summary>A group's id is the hash of its admission key: whoever has the relay's data must find neither.</summary>
public sealed class AdmissionKeyTests(PostgreSqlFixture server) : IDisposable
{
    private readonly TempDirectory _directory = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Hash_is_the_relays_own_and_no_pseudonym()
    {
        var key = RandomNumberGenerator.GetBytes(32);
        var (one, other) = (new GroupKey(RandomNumberGenerator.GetBytes(32)), new GroupKey(RandomNumberGenerator.GetBytes(32)));
        Assert.Equal(one.HashOf(key), one.HashOf(key));
        Assert.NotEqual(one.HashOf(key), other.HashOf(key));
        Assert.NotEqual(one.Of(new GroupId(key)).ToByteArray(bigEndian: true), one.HashOf(key)[..16]);
    }

    [Fact]
    public async Task Key_of_a_group_is_nowhere_in_the_data_directory()
    {
        var key = RandomNumberGenerator.GetBytes(32);
        using (var store = Open())
        {
            var keys = new GroupKey(await store.GetRelaySecretAsync(Stop));
            var state = GroupState.Create(Guid.NewGuid(), new byte[16], keys.HashOf(key), new GroupOptions());
            Assert.Equal(ErrorCode.None, state.Hello(Commits.Sender, keys.HashOf(key), [], 1).Code);
            Assert.True(await store.CommitAsync(state.TakeCommit()!, Stop));
        }

        AssertNowhere(key);
    }

    [Fact]
    public async Task Keys_that_an_earlier_relay_stored_are_hashed_and_gone_from_the_files()
    {
        await GoldenStoreTests.UnpackAsync("schema1", _directory.Path);
        Assert.Contains(Files(), f => f.AsSpan().IndexOf(Commits.AdmissionKey) >= 0);
        using (var store = Open())
        {
            var kept = (await store.TakeOverAsync(GoldenStoreTests.Group, Stop))!.Row.AdmissionHash;
            Assert.Equal(new GroupKey(await store.GetRelaySecretAsync(Stop)).HashOf(Commits.AdmissionKey), kept);
        }

        AssertNowhere(Commits.AdmissionKey);
    }

    [Fact]
    public async Task Keys_that_an_earlier_relay_stored_in_the_database_are_hashed()
    {
        var database = await server.NewDatabaseAsync();
        await NamedBodies.RunAsync(database, await PostgreSqlGoldenTests.ScriptAsync("postgres4"));
        await using var store = await PostgreSqlGroupStore.OpenAsync(new PostgreSqlStoreOptions { ConnectionString = database }, TimeProvider.System, Stop);
        var kept = (await store.TakeOverAsync(GoldenStoreTests.Group, Stop))!.Row.AdmissionHash;
        Assert.Equal(new GroupKey(await store.GetRelaySecretAsync(Stop)).HashOf(Commits.AdmissionKey), kept);
        await using var connection = new NpgsqlConnection(database + ";Pooling=false");
        await connection.OpenAsync(Stop);
        await using var command = new NpgsqlCommand("SELECT count(*) FROM zerok_groups WHERE admission_hash = $1", connection) { Parameters = { new() { Value = Commits.AdmissionKey } } };
        Assert.Equal(0L, await command.ExecuteScalarAsync(Stop));
    }

    private SqliteGroupStore Open() => SqliteGroupStore.Open(new SqliteStoreOptions { DataDirectory = _directory.Path });

    private IEnumerable<byte[]> Files() => Directory.EnumerateFiles(_directory.Path).Select(File.ReadAllBytes);

    private void AssertNowhere(byte[] key) => Assert.DoesNotContain(Files(), f => f.AsSpan().IndexOf(key) >= 0);
}
