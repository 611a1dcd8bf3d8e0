using System.Net;
using System.Net.Sockets;
using Xunit;
using ZeroK.Storage.AzureBlob;
using ZeroK.Storage.Content;

namespace ZeroK.Relay.Tests.Content;

/// <summary>A store that is away, late, or refuses: always a <see cref="ContentStoreException"/>, in time, that names neither object nor key.</summary>
public sealed class AzureBlobFaultTests
{
    private readonly SomeContent _content = new(200_000);
    private readonly Guid _group = Guid.NewGuid();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private ContentKey Key => _content.KeyIn(_group);

    [Fact]
    public async Task Frozen_store_is_a_typed_failure_in_time_and_the_upload_goes_on_when_it_is_back()
    {
        AzuriteFixture.SkipWithoutAzurite();
        using var server = await AzuriteServer.StartAsync();
        var options = AzuriteFixture.OptionsFor(server);
        var store = await AzureBlobContentStore.OpenAsync(options, TimeProvider.System, Stop);
        await store.WriteAsync(Key, _content.Tree, Run(0, 65_536), Stop);

        server.Pause();
        var hasty = OpenWithoutAsking(options with { RequestSeconds = 1, RetriesMax = 1 });
        var failure = await Assert.ThrowsAsync<ContentStoreException>(async () => await hasty.WriteAsync(Key, _content.Tree, Run(65_536, 65_536), Stop).AsTask().WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System, Stop));
        NamesNothing(failure);

        server.Resume();
        var held = await store.ResumeAsync(Key, _content.Tree, Stop);
        Assert.InRange(held, 65_536, 131_072);
        foreach (var (offset, count) in _content.Pieces(65_536, held)) await store.WriteAsync(Key, _content.Tree, Run(offset, count), Stop);
        await store.SealAsync(Key, _content.Tree, Stop);
        Assert.NotNull(await PieceRules.EncodeAsync(store, Key, _content.Tree, _content.Tree.All, Stop));
    }

    [Fact]
    public async Task Store_that_is_not_there_is_a_typed_failure_and_is_soon_left_alone()
    {
        var options = new AzureBlobOptions { ConnectionString = AzuriteServer.ConnectionStringOf(FreePort()), RetriesMax = 0, RequestSeconds = 5 };
        NamesNothing(await Assert.ThrowsAsync<ContentStoreException>(() => AzureBlobContentStore.OpenAsync(options, TimeProvider.System, Stop)));
        var store = OpenWithoutAsking(options);
        var messages = new List<string>();
        for (var i = 0; i < 8; i++)
        {
            var failure = await Assert.ThrowsAsync<ContentStoreException>(async () => await store.ResumeAsync(Key, _content.Tree, Stop));
            NamesNothing(failure);
            messages.Add(failure.Message);
        }

        Assert.Contains("can't be reached", messages[0], StringComparison.Ordinal);
        Assert.Contains("left alone", messages[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Wrong_key_is_a_typed_failure_that_says_so()
    {
        AzuriteFixture.SkipWithoutAzurite();
        using var server = await AzuriteServer.StartAsync();
        var options = AzuriteFixture.OptionsFor(server);
        options = options with { ConnectionString = options.ConnectionString.Replace("AccountKey=Eby8", "AccountKey=AAAA", StringComparison.Ordinal) };
        var failure = await Assert.ThrowsAsync<ContentStoreException>(() => AzureBlobContentStore.OpenAsync(options, TimeProvider.System, Stop));
        NamesNothing(failure);
        Assert.Contains("refuses the key", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("AccountName=me")]
    [InlineData("nonsense AccountKey=c2VjcmV0")]
    public async Task Unreadable_connection_string_is_refused_and_not_repeated(string connection)
    {
        var options = new AzureBlobOptions { ConnectionString = connection };
        var refused = await Assert.ThrowsAsync<ArgumentException>(() => AzureBlobContentStore.OpenAsync(options, TimeProvider.System, Stop));
        Assert.Contains("ConnectionString", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("c2VjcmV0", refused.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Option_out_of_its_range_is_named()
    {
        var good = new AzureBlobOptions { ConnectionString = AzuriteServer.ConnectionStringOf(10_000) };
        good.Validate();
        foreach (var (bad, name) in new[]
        {
            (good with { Container = "Zerok" }, "Container"), (good with { Container = "a--b" }, "Container"), (good with { Container = "-ab" }, "Container"), (good with { Container = "ab" }, "Container"),
            (good with { RequestSeconds = 0 }, "RequestSeconds"), (good with { RetriesMax = 11 }, "RetriesMax"), (good with { CacheBytesMax = 1 }, "CacheBytesMax"),
        })
        {
            Assert.Contains(name, Assert.Throws<ArgumentException>(bad.Validate).Message, StringComparison.Ordinal);
        }
    }

    private VerifiedRun Run(long offset, int count) => PieceRules.Verify(_content.Hash, _content.Tree, offset, count, _content.Encode(offset, count))!;

    private void NamesNothing(ContentStoreException failure)
    {
        var text = failure.ToString();
        Assert.DoesNotContain(_content.Hash.ToHex(), text, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain(_group.ToString("N"), text, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("K1SZFPTOtr", text, StringComparison.Ordinal);
    }

    private static AzureBlobContentStore OpenWithoutAsking(AzureBlobOptions options) => AzureBlobContentStore.Connect(options, TimeProvider.System);

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
