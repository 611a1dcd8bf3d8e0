using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using NSec.Cryptography;
using Xunit;
using ZeroK.Channel;
using ZeroK.Noise;
using ZeroK.Relay.Settings;
using ZeroK.Relay.Tests.Content;
using ZeroK.Transport;
using ZeroK.Wire;

namespace ZeroK.Relay.Tests.Host;

public sealed class RelayHostTests
{
    [Fact]
    public async Task Two_relays_run_side_by_side_and_each_has_its_own_identity()
    {
        await using var one = await RelayFixture.StartAsync();
        await using var other = await RelayFixture.StartAsync();
        Assert.NotEqual(one.Fingerprint, other.Fingerprint);
        using var http = new HttpClient();
        foreach (var relay in new[] { one, other })
        {
            Assert.Equal("live\n", await http.GetStringAsync(new Uri(relay.Host.HttpAddress + "/health/live")));
            Assert.Equal("ready\n", await http.GetStringAsync(new Uri(relay.Host.HttpAddress + "/health/ready")));
        }
    }

    [Fact]
    public async Task Identity_is_the_same_after_each_restart_and_in_a_file_of_its_owners()
    {
        var directory = Directory.CreateTempSubdirectory("zerok-relay-test-").FullName;
        byte[] first;
        await using (var relay = await RelayFixture.StartAsync(directory)) first = relay.Fingerprint;
        await using (var relay = await RelayFixture.StartAsync(directory)) Assert.Equal(first, relay.Fingerprint);
        var file = Path.Combine(directory, RelayIdentity.FileName);
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);
            Assert.Contains("chmod 600", Assert.Throws<DataDirectoryException>(() => RelayIdentity.LoadOrCreate(directory)).Message, StringComparison.Ordinal);
        }

        Directory.Delete(directory, recursive: true);
    }

    [Fact]
    public async Task Data_directory_belongs_to_one_relay_at_a_time()
    {
        var directory = Directory.CreateTempSubdirectory("zerok-relay-test-").FullName;
        await using (await RelayFixture.StartAsync(directory))
            await Assert.ThrowsAsync<DataDirectoryException>(() => RelayFixture.StartAsync(directory));
        Directory.Delete(directory, recursive: true);
    }

    [Fact]
    public async Task Relay_of_another_identity_is_refused_by_the_client()
    {
        await using var relay = await RelayFixture.StartAsync();
        using var device = DeviceIdentity.Generate();
        var connection = await new TcpTransport().ConnectAsync(relay.Endpoint);
        var refused = await Assert.ThrowsAsync<ChannelException>(async () => await SecureChannel.ConnectAsync(connection, device, new byte[32], ChannelOptions.Default));
        Assert.Equal(ChannelFailure.Identity, refused.Failure);
    }

    [Fact]
    public async Task Two_devices_exchange_a_blob_and_neither_logs_nor_metrics_name_anything()
    {
        await using var relay = await RelayFixture.StartAsync(level: LogLevel.Trace);
        using var admission = Key.Create(SignatureAlgorithm.Ed25519);
        using var alice = DeviceIdentity.Generate();
        using var bob = DeviceIdentity.Generate();
        await using var a = await relay.ConnectAsync(alice);
        await using var b = await relay.ConnectAsync(bob);
        var hello = RelayFixture.HelloFor(a, alice, admission);
        Assert.IsType<Welcome>(await RelayFixture.AskAsync(a, 1, hello));
        Assert.IsType<Welcome>(await RelayFixture.AskAsync(b, 1, RelayFixture.HelloFor(b, bob, admission)));

        var payload = "MARKER-0123456789-MARKER"u8.ToArray();
        var blob = new PushBlob(BlobId.New(), 1, payload);
        var ack = Assert.IsType<PushAck>(await RelayFixture.AskAsync(a, 2, new Push([blob])));
        Assert.Equal(ErrorCode.None, Assert.Single(ack.Results).Code);
        Assert.Equal(new Notify(new Cursor(1)), (await b.ReceiveAsync(TestContext.Current.CancellationToken))!.Value.Message);
        var page = Assert.IsType<PullResponse>(await RelayFixture.AskAsync(b, 3, new Pull(Cursor.Zero, 10, 100_000)));
        Assert.Equal(payload, Assert.Single(page.Blobs).Envelope.ToArray());

        using var http = new HttpClient();
        var metrics = await http.GetStringAsync(new Uri(relay.Host.HttpAddress + "/metrics"));
        Assert.Contains("zerok_sessions", metrics, StringComparison.Ordinal);
        Assert.Contains("zerok_push_duration", metrics, StringComparison.Ordinal);
        Assert.Contains(relay.Logs.Lines, l => l.Contains("A session began", StringComparison.Ordinal));
        string[] secrets = ["MARKER", .. Forms(hello.Group.ToArray()), .. Forms(alice.Id.ToArray()), .. Forms(bob.Id.ToArray()), .. Forms(blob.Id.ToArray()), .. Forms(hello.AdmissionKey.ToArray())];
        foreach (var line in relay.Logs.Lines.Append(metrics))
            Assert.DoesNotContain(secrets, s => line.Contains(s, StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task Everything_that_a_relay_keeps_is_its_owners_alone()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("Windows has no file modes.");
            return;
        }

        var directory = Path.Combine(Directory.CreateTempSubdirectory("zerok-relay-test-").FullName, "data");
        try
        {
            await using (var relay = await RelayFixture.StartAsync(directory))
            {
                using var admission = Key.Create(SignatureAlgorithm.Ed25519);
                using var device = DeviceIdentity.Generate();
                await using var channel = await relay.ConnectAsync(device);
                Assert.IsType<Welcome>(await RelayFixture.AskAsync(channel, 1, RelayFixture.HelloFor(channel, device, admission)));
                Assert.IsType<PushAck>(await RelayFixture.AskAsync(channel, 2, new Push([new PushBlob(BlobId.New(), 1, new byte[100_000])])));
                var (sealedOne, begun) = (new SomeContent(100_000), new SomeContent(100_000, 2));
                foreach (var (content, request) in new[] { (sealedOne, 10u), (begun, 20u) })
                {
                    Assert.IsType<ContentState>(await RelayFixture.AskAsync(channel, request, new ContentPut(content.Hash.ToArray(), content.Size)));
                    Assert.IsType<Ok>(await RelayFixture.AskAsync(channel, request + 1, new ContentPiece(content.Hash.ToArray(), content.Size, 0, 100_000, content.Encode(0, 100_000))));
                }

                Assert.IsType<ContentAck>(await RelayFixture.AskAsync(channel, 30, new ContentRef(sealedOne.Hash.ToArray(), sealedOne.Size)));
                OwnersAlone(directory);
            }

            OwnersAlone(directory);
        }
        finally
        {
            Directory.Delete(Path.GetDirectoryName(directory)!, recursive: true);
        }
    }

    [System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
    private static void OwnersAlone(string directory)
    {
        const UnixFileMode OwnerFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        var files = Directory.GetFiles(directory, "*", SearchOption.AllDirectories);
        Assert.Contains(files, f => f.EndsWith("content.db", StringComparison.Ordinal));
        Assert.All(files, f => Assert.Equal((f, OwnerFile), (f, File.GetUnixFileMode(f))));
        Assert.All(Directory.GetDirectories(directory, "*", SearchOption.AllDirectories).Append(directory), d => Assert.Equal((d, OwnerFile | UnixFileMode.UserExecute), (d, File.GetUnixFileMode(d))));
    }

    [Fact]
    public void Wrong_settings_are_named()
    {
        Assert.Contains("--prot is not an option", Wrong("--prot", "1"), StringComparison.Ordinal);
        Assert.Contains("Gateway:Port is 70000", Wrong("--port", "70000"), StringComparison.Ordinal);
        Assert.Contains("--http-port (Http:Port) is 'x'", Wrong("--http-port", "x"), StringComparison.Ordinal);
        Assert.Contains("Gateway:NoSuch is not a setting", Wrong("--Gateway:NoSuch=1"), StringComparison.Ordinal);
        Assert.Contains("--data-dir needs a value", Wrong("--data-dir"), StringComparison.Ordinal);
        Assert.Contains("no such file", Wrong("--config", "/no/such/file"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--port", "x", "--port (Gateway:Port) is 'x'; it must be a whole number")]
    [InlineData("--port", "99999999999", "--port (Gateway:Port) is '99999999999'; it must be a whole number up to 2147483647")]
    [InlineData("--Gateway:BytesMax", "1MB", "Gateway:BytesMax is '1MB'; it must be a whole number")]
    [InlineData("--Group:TimeToLive", "3 days", "Group:TimeToLive is '3 days'; it must be a time as days.hours:minutes:seconds")]
    [InlineData("--Content:GroupBytesMax", "", "Content:GroupBytesMax is ''; it must be a whole number")]
    [InlineData("--json", "maybe", "--json (Json) is 'maybe'; it must be true or false")]
    [InlineData("--log-level", "loud", "--log-level (Log:Level) is 'loud'; it must be one of Trace")]
    public void Value_of_a_wrong_type_names_its_option_and_what_may_stand_there(string option, string value, string told)
    {
        var message = Wrong(option + "=" + value);
        Assert.StartsWith(told, message, StringComparison.Ordinal);
        Assert.DoesNotContain("System.", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Port_that_is_taken_is_one_line_and_exit_code_3(bool http)
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;
        var directory = Directory.CreateTempSubdirectory("zerok-relay-test-").FullName;
        var (output, errors) = (new StringWriter(), new StringWriter());
        var logged = Console.Error;
        using var log = new StringWriter();
        Console.SetError(log);
        try
        {
            string[] ports = http ? ["--port", "0", "--http-port", $"{port}"] : ["--port", $"{port}", "--http-port", "0"];
            Assert.Equal(ExitCode.CantListen, await RelayProgram.RunAsync(["--listen", "127.0.0.1", "--data-dir", directory, .. ports], output, errors));
        }
        finally
        {
            Console.SetError(logged);
        }

        var line = Assert.Single(errors.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries));
        Assert.StartsWith(http ? "zerok-relay: --http-port: " : "zerok-relay: --port: ", line, StringComparison.Ordinal);
        Assert.Contains($"{port}", line, StringComparison.Ordinal);
        Assert.InRange(line.Length, 1, 300);
        Assert.DoesNotContain("   at ", log.ToString(), StringComparison.Ordinal);
        Directory.Delete(directory, recursive: true);
    }

    [Fact]
    public async Task Version_is_told_and_no_relay_starts()
    {
        var output = new StringWriter();
        Assert.Equal(ExitCode.Done, await RelayProgram.RunAsync(["--version"], output, TextWriter.Null));
        Assert.Matches(@"^zerok-relay \d+\.\d+\.\d+", output.ToString());
    }

    [Fact]
    public async Task Printed_name_that_nobody_has_chosen_is_warned_about_and_a_chosen_one_is_not()
    {
        foreach (var chosen in new[] { "", "relay.example" })
        {
            var directory = Directory.CreateTempSubdirectory("zerok-relay-test-").FullName;
            using var logs = new LogKeeper();
            var settings = new RelaySettings { DataDirectory = directory, HttpPort = 0, PublicHost = chosen, Gateway = new() { Port = 0, LingerSeconds = 1 } };
            await using (var host = await RelayHost.CreateAsync(settings, l => l.AddProvider(logs)))
            {
                await host.StartAsync(TestContext.Current.CancellationToken);
                await host.StopAsync();
            }

            Assert.Equal(chosen.Length == 0, logs.Lines.Any(l => l.Contains("--public-host", StringComparison.Ordinal)));
            Directory.Delete(directory, recursive: true);
        }
    }

    [Fact]
    public void Options_win_over_variables()
    {
        var environment = new Dictionary<string, string> { ["ZEROK_RELAY_PORT"] = "1111", ["ZEROK_RELAY_GATEWAY__CONNECTIONSMAX"] = "77", ["ZEROK_DATA_DIR"] = "/not/ours" };
        var settings = SettingReader.Read(["--port", "2222", "--Group:TimeToLive=3.00:00:00", "--json"], environment);
        Assert.Equal((2222, 77, true), (settings.Gateway.Port, settings.Gateway.ConnectionsMax, settings.Json));
        Assert.Equal(TimeSpan.FromDays(3), settings.Group.TimeToLive);
        Assert.True(IPAddress.IsLoopback(IPAddress.Parse(settings.HttpListen)));
    }

    private static string Wrong(params string[] args) => Assert.Throws<SettingException>(() => SettingReader.Read(args, new Dictionary<string, string>())).Message;

    private static string[] Forms(byte[] id) => [Convert.ToHexString(id), Convert.ToBase64String(id).TrimEnd('='), System.Buffers.Text.Base64Url.EncodeToString(id)];
}
