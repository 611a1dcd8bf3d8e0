using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using NSec.Cryptography;
using Xunit;
using ZeroK.Channel;
using ZeroK.GrainContracts;
using ZeroK.Noise;
using ZeroK.Storage.Sqlite;
using ZeroK.Wire;

namespace ZeroK.Relay.Tests.Host;

/// <summary>What a whole relay logs, at its most talkative, where something fails.</summary>
public sealed class NamelessLogTests
{
    // The member is still there when the relay stops: its group can't be told any more, and Orleans logs the call with the grain's key.
    [Fact]
    public async Task Refused_hello_a_stores_outage_and_a_failed_leave_name_nobody()
    {
        var directory = Directory.CreateTempSubdirectory("zerok-relay-test-").FullName;
        using var admission = Key.Create(SignatureAlgorithm.Ed25519);
        using var device = DeviceIdentity.Generate();
        var names = new Names();
        await using (await RelayFixture.StartAsync(directory))
        {
        }

        GroupKey pseudonyms;
        using (var store = SqliteGroupStore.Open(new SqliteStoreOptions { DataDirectory = directory }))
            pseudonyms = new GroupKey(await store.GetRelaySecretAsync(TestContext.Current.CancellationToken));
        LogKeeper logs;
        await using (var relay = await RelayFixture.StartAsync(directory, LogLevel.Trace))
        {
            logs = relay.Logs;
            await using (var forger = await relay.ConnectAsync(device))
            {
                var forged = RelayFixture.HelloFor(forger, device, admission) with { Group = new GroupId(new byte[32]) };
                Assert.Equal(ErrorCode.Unauthorized, Assert.IsType<ErrorMessage>(await RelayFixture.AskAsync(forger, 1, forged)).Code);
            }

            await using var member = await relay.ConnectAsync(device);
            var hello = RelayFixture.HelloFor(member, device, admission);
            names.Add("the group's id", hello.Group.ToArray());
            names.Add("the group's pseudonym", pseudonyms.Of(hello.Group));
            Assert.IsType<Welcome>(await RelayFixture.AskAsync(member, 1, hello));
            using (var broken = new SqliteConnection($"Data Source={Path.Combine(directory, "groups.db")};Pooling=False"))
            {
                broken.Open();
                using var command = broken.CreateCommand();
                command.CommandText = "SELECT group_concat('DROP TABLE ' || name, ';') FROM sqlite_schema WHERE type = 'table' AND name LIKE '%entr%'";
                command.CommandText = (string)command.ExecuteScalar()!;
                command.ExecuteNonQuery();
            }

            var blob = new PushBlob(BlobId.New(), 1, new byte[100]);
            names.Add("a blob", blob.Id.ToArray());
            Assert.Equal(ErrorCode.StoreUnavailable, Assert.IsType<ErrorMessage>(await RelayFixture.AskAsync(member, 2, new Push([blob]))).Code);
        }

        names.Add("the device", device.Id.Span);
        names.Add("the admission key", admission.PublicKey.Export(KeyBlobFormat.RawPublicKey));
        foreach (var told in (string[])["A HELLO was refused: Unauthorized", "The store fails"]) Assert.Contains(logs.Lines, l => l.Contains(told, StringComparison.Ordinal));
        names.AssertNoneIn(logs.Lines);
        Directory.Delete(directory, recursive: true);
    }

    [Fact]
    public void Lines_of_other_libraries_lose_ids_and_ours_pass_as_they_are()
    {
        var pseudonym = Guid.NewGuid();
        using var keeper = new LogKeeper();
        using var logs = new NamelessLogs(new LoggerFactory([keeper], new LoggerFilterOptions { MinLevel = LogLevel.Trace }));
        var others = logs.CreateLogger("Orleans.Messaging");
        var fault = new InvalidOperationException($"group/{pseudonym:N}", new IOException($"{pseudonym}"));
        using (others.BeginScope(pseudonym)) others.Log(LogLevel.Error, 1, Fields("Grain", pseudonym), fault, (f, _) => $"No way to {f["Grain"]}, which is group/{pseudonym.ToString("N").ToUpperInvariant()}");
        logs.CreateLogger("ZeroK.Gateway.Door").Log(LogLevel.Error, 1, Fields("Count", 7), null, (f, _) => $"{f["Count"]} connections");
        var names = new Names();
        names.Add("a pseudonym", pseudonym);
        names.AssertNoneIn(keeper.Lines);
        Assert.Contains(keeper.Lines, l => l.Contains("No way to [id], which is group/[id]", StringComparison.Ordinal) && l.Contains("InvalidOperationException", StringComparison.Ordinal));
        Assert.Contains(keeper.Lines, l => l.Contains("7 connections", StringComparison.Ordinal) && l.Contains("Count=7", StringComparison.Ordinal));
    }

    private static Dictionary<string, object?> Fields(string name, object value) => new() { [name] = value };
}
