using System.Globalization;
using Xunit;
using ZeroK.Relay.Http;
using ZeroK.Relay.Settings;

namespace ZeroK.Relay.Tests.Host;

/// <summary>--healthcheck asks the relay's own endpoint: 0 ready, 1 not.</summary>
public sealed class HealthProbeTests
{
    [Fact]
    public async Task A_running_relay_is_ready_and_a_stopped_one_is_not()
    {
        string port;
        await using (var relay = await RelayFixture.StartAsync())
        {
            port = new Uri(relay.Host.HttpAddress).Port.ToString(CultureInfo.InvariantCulture);
            Assert.Equal((ExitCode.Done, "ready"), await AskAsync("--healthcheck", "--http-port", port));
            Assert.Equal((ExitCode.Done, "ready"), await AskAsync("--http-port=" + port, "--http-listen", "0.0.0.0", "--healthcheck"));
            await relay.Host.StopAsync();
            Assert.Equal(ExitCode.Fault, (await AskAsync("--healthcheck", "--http-port", port)).Code);
        }

        var (code, text) = await AskAsync("--healthcheck", "--http-port", port);
        Assert.Equal(ExitCode.Fault, code);
        Assert.StartsWith("not ready: ", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("503 Service Unavailable", "not ready: the store does not answer\n", "not ready: the store does not answer")]
    [InlineData("404 Not Found", "", "not ready: HTTP status 404")]
    public async Task An_answer_that_is_no_yes_is_a_no(string status, string body, string said)
    {
        using var listener = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        var answering = AnswerAsync(listener, $"HTTP/1.1 {status}\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n{body}");
        var port = ((System.Net.IPEndPoint)listener.LocalEndpoint).Port;
        Assert.Equal((ExitCode.Fault, said), await AskAsync("--healthcheck", FormattableString.Invariant($"--http-port={port}")));
        await answering;
    }

    [Theory]
    [InlineData("127.0.0.1", "http://127.0.0.1:4841/health/ready")]
    [InlineData("0.0.0.0", "http://127.0.0.1:4841/health/ready")]
    [InlineData("::", "http://[::1]:4841/health/ready")]
    [InlineData("fd00::7", "http://[fd00::7]:4841/health/ready")]
    public void A_relay_is_asked_where_it_listens_and_on_loopback_if_that_is_everywhere(string listen, string expected) =>
        Assert.Equal(expected, HealthProbe.Address(new RelaySettings { DataDirectory = "/x", HttpListen = listen }).ToString());

    [Fact]
    public async Task A_wrong_setting_is_named_as_at_the_relays_own_start()
    {
        Assert.Equal(ExitCode.BadSetting, (await AskAsync("--healthcheck", "--http-port", "0")).Code);
        Assert.Equal(ExitCode.BadSetting, (await AskAsync("--healthcheck", "--no-such-option", "1")).Code);
    }

    private static async Task<(int Code, string Text)> AskAsync(params string[] args)
    {
        await using var output = new StringWriter();
        await using var errors = new StringWriter();
        return (await RelayProgram.RunAsync(args, output, errors), output.ToString().Trim());
    }

    private static async Task AnswerAsync(System.Net.Sockets.TcpListener listener, string answer)
    {
        using var client = await listener.AcceptTcpClientAsync(TestContext.Current.CancellationToken);
        await using var stream = client.GetStream();
        var request = new byte[4096];
        Assert.True(await stream.ReadAsync(request, TestContext.Current.CancellationToken) > 0);
        await stream.WriteAsync(System.Text.Encoding.ASCII.GetBytes(answer), TestContext.Current.CancellationToken);
    }
}
