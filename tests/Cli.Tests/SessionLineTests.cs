using System.Text;
using Xunit;
using ZeroK.Cli.Session;

namespace ZeroK.Cli.Tests;

/// <summary>Whatever a line of a driven session holds: it is answered for itself, and the session goes on.</summary>
public sealed class SessionLineTests : IDisposable
{
    private readonly CliTestHost _host = new();
    private readonly FakeSession _session = new();

    public SessionLineTests() => _host.Sessions = _session;

    public void Dispose() => _host.Dispose();

    public static TheoryData<string> BadLines() => new(
        """{"cmd":"push","id":7,"text":"half \ud83d"}""",
        """{"cmd":"push","id":7,"text":"\udc00 first"}""",
        """{"cmd":"push","id":7,"text":"x","label":"\ud83d"}""",
        """{"cmd":"push","id":7,"\ud83d":1,"text":"x"}""",
        """{"cmd":"push","id":7,"text":5}""",
        """{"cmd":"push","id":7,"text":["x"]}""",
        """{"cmd":"push","id":7,"text":null}""",
        """{"cmd":"push","id":7}""",
        """{"cmd":"push","id":7,"text":"x","random":5}""",
        """{"cmd":"push","id":7,"text":"x","lable":"typo"}""",
        """{"cmd":"push","id":7,"text":"x","count":"3"}""",
        """{"cmd":"push","id":7,"text":"x","count":1.5}""",
        """{"cmd":"push","id":7,"text":"x","count":1e400}""",
        """{"cmd":"push","id":7,"text":"x","text":"y"}""",
        """{"cmd":"push","id":7,"random":-1}""",
        """{"cmd":"push","id":7,"base64":"%"}""",
        """{"cmd":"peek","id":7,"after":18446744073709551616}""",
        """{"cmd":"peek","id":7,"limit":0}""",
        """{"cmd":"ack","id":7}""",
        """{"cmd":"ack","id":7,"cursor":{}}""",
        """{"cmd":"flush","id":7,"now":true}""",
        """{"cmd":"frobnicate","id":7}""");

    [Theory]
    [MemberData(nameof(BadLines))]
    public async Task A_command_that_can_not_be_done_is_answered_with_its_id_and_the_next_is_done(string line)
    {
        _host.Type($$"""
            {"cmd":"push","id":1,"text":"one"}
            {{line}}
            {"cmd":"push","id":3,"text":"three"}
            """);
        var result = await _host.RunAsync("session");
        Assert.Equal(0, result.Code);
        Assert.Equal(["one", "three"], _session.Pushes.Select(p => Encoding.UTF8.GetString(p.Payload)));
        var error = Assert.Single(result.Events, e => (string?)e["event"] == "error");
        Assert.Equal(7, (int)error["id"]!);
        Assert.NotEmpty((string)error["message"]!);
    }

    public static TheoryData<string> NotCommands() => new("Zm9v/w==", "bnVsIAA=", "W10=", "IngiCg==", "eyJjbWQiOjV9", "eyJjbWQiOiJcdWQ4M2QifQ==", "ew==", Convert.ToBase64String([0xff, 0xfe, 0x7b, 0x00]), Convert.ToBase64String(Encoding.UTF8.GetBytes(new string('[', 5000))));

    [Theory]
    [MemberData(nameof(NotCommands))]
    public async Task A_line_that_is_no_command_is_answered_with_its_number_and_the_next_is_done(string base64)
    {
        _host.Input = new MemoryStream([.. """{"cmd":"push","text":"one"}"""u8, (byte)'\n', .. Convert.FromBase64String(base64), (byte)'\n', .. """{"cmd":"push","text":"three"}"""u8]);
        var result = await _host.RunAsync("session");
        Assert.Equal(0, result.Code);
        Assert.Equal(2, _session.Pushes.Count);
        Assert.Equal(2, (int)Assert.Single(result.Events, e => (string?)e["event"] == "error")["line"]!);
    }

    [Fact]
    public async Task A_line_beyond_the_limit_is_passed_over_and_one_within_is_taken()
    {
        var long_ = new byte[SessionLoop.LineBytesMax + 1];
        Array.Fill(long_, (byte)'a');
        var escaped = string.Concat(Enumerable.Repeat("\\u0041", 1024 * 1024));
        _host.Input = new MemoryStream([.. long_, (byte)'\n', .. Encoding.ASCII.GetBytes($$"""{"cmd":"push","text":"{{escaped}}"}"""), (byte)'\n']);
        var result = await _host.RunAsync("session");
        Assert.Equal(0, result.Code);
        Assert.Equal(1024 * 1024, Assert.Single(_session.Pushes).Payload.Length);
        Assert.Contains("more than", (string)Assert.Single(result.Events, e => (string?)e["event"] == "error")["message"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_byte_order_mark_and_line_ends_of_Windows_are_no_part_of_a_command()
    {
        _host.Input = new MemoryStream([0xef, 0xbb, 0xbf, .. "{\"cmd\":\"push\",\"text\":\"x\"}\r\n \r\n{\"cmd\":\"push\",\"text\":\"y\"}\r\n"u8]);
        Assert.DoesNotContain((await _host.RunAsync("session")).Events, e => (string?)e["event"] == "error");
        Assert.Equal(2, _session.Pushes.Count);
    }

    [Fact]
    public async Task A_command_that_fails_in_an_unforeseen_way_is_answered_too()
    {
        _session.Durable = s => s == 1 ? throw new InvalidCastException("planted") : Task.FromResult(new Wire.Cursor(s));
        _host.Type("""
            {"cmd":"push","id":1,"text":"one"}
            {"cmd":"push","id":2,"text":"two"}
            """);
        var result = await _host.RunAsync("session");
        Assert.Equal(0, result.Code);
        Assert.Equal(1, (int)Assert.Single(result.Events, e => (string?)e["event"] == "error")["id"]!);
        Assert.Equal(2, (int)result.The("pushed")["id"]!);
    }
}
