using System.Text;
using Xunit;
using ZeroK.Cli.Terminal;

namespace ZeroK.Cli.Tests;

/// <summary>A blob is taken when its bytes are out; and they come out as they were.</summary>
public sealed class OutputTests : IDisposable
{
    private readonly CliTestHost _host = new();
    private readonly FakeSession _session = new();

    public OutputTests() => _host.Sessions = _session;

    public void Dispose() => _host.Dispose();

    [Theory]
    [InlineData("pull", 1)]
    [InlineData("watch", 1)]
    [InlineData("session", 2)]
    [InlineData("session --payload", 2)]
    public async Task What_a_reader_that_went_away_did_not_read_is_not_acknowledged_and_the_command_ends_with_141(string verb, int linesRead)
    {
        for (var i = 0; i < 3; i++) _session.Arrives(null, [.. "text"u8, (byte)('0' + i)]);
        _host.Reader = new FakeReader { LinesRead = linesRead, Goes = true };
        _host.Input = new NeverEnds();
        var result = await _host.RunAsync(verb.Split(' '));
        Assert.Equal(141, result.Code);
        Assert.DoesNotContain("Error", result.Error, StringComparison.Ordinal);
        Assert.Equal([1UL], _session.Acked);
    }

    [Theory]
    [InlineData("pull", 2)]
    [InlineData("watch", 2)]
    [InlineData("session", 3)]
    public async Task What_a_full_disk_could_not_take_is_not_acknowledged_and_the_error_says_so(string verb, int failsAt)
    {
        for (var i = 0; i < 3; i++) _session.Arrives(null, "text"u8.ToArray());
        _host.Reader = new FakeReader { FailsAtLine = failsAt };
        _host.Input = new NeverEnds();
        var result = await _host.RunAsync(verb);
        Assert.Equal((int)ExitCode.Error, result.Code);
        Assert.Contains("No space left on device", result.Error, StringComparison.Ordinal);
        Assert.Equal([1UL], _session.Acked);
    }

    [Fact]
    public async Task A_slow_reader_is_waited_for_and_then_all_is_acknowledged()
    {
        for (var i = 0; i < 3; i++) _session.Arrives(null, "text"u8.ToArray());
        var looks = 0;
        var reader = new FakeReader { LinesRead = 0 };
        reader.Looked = () => { if (++looks > 100) reader.LinesRead = int.MaxValue; };
        _host.Reader = reader;
        var result = await _host.RunAsync("pull", "--timeout", "1500ms");
        Assert.Equal(0, result.Code);
        Assert.Equal(3UL, _session.Acked[^1]);
    }

    public static TheoryData<string> Texts() => new("one\r\ntwo", "می‌خواهم", "👨‍👩‍👧", "क्‍ष", "Donau\u00addampf", "café", "\ufeffmark", "\u0600١٢", "a\u001b[31mb\u202ec", "tab\tand lone\rreturn", "\u2028");

    [Theory]
    [MemberData(nameof(Texts))]
    public async Task A_text_that_is_piped_comes_out_to_the_byte(string text)
    {
        _session.Arrives(null, Encoding.UTF8.GetBytes(text));
        Assert.Equal($"#1  abababab  {text}\n", (await _host.RunAsync("pull")).Out);
        _session.Arrives(null, Encoding.UTF8.GetBytes(text));
        Assert.Equal(text, (string?)(await _host.RunAsync("watch", "--limit", "1", "--json")).The("received")["text"]);
    }

    [Theory]
    [InlineData("one\r\ntwo", true)]
    [InlineData("می‌خواهم", true)]
    [InlineData("👨‍👩‍👧", true)]
    [InlineData("Donau\u00addampf", true)]
    [InlineData("\u0600١٢", true)]
    [InlineData("lone\rreturn", false)]
    [InlineData("\u001b]0;owned\u0007", false)]
    [InlineData("\u202eturned", false)]
    [InlineData("\u2067turned", false)]
    [InlineData("\u009b31m", false)]
    public void On_a_terminal_only_what_can_harm_is_written_as_code_points(string text, bool isHarmless) =>
        Assert.Equal(isHarmless, Display.Safe(text, lines: true) == text);

    [Fact]
    public async Task A_code_wider_than_the_terminal_is_left_out_with_a_line_that_says_so()
    {
        using var home = new CliTestHost { OutIsTerminal = true, Columns = 40 };
        var folder = home.PathOf("d");
        await home.RunAsync("init", "--name", "a", "--data-dir", folder);
        await home.RunAsync("group", "create", "--relay", "zerok-relay://127.0.0.1:4840/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "--data-dir", folder);
        var narrow = await home.RunAsync("invite", "--data-dir", folder);
        Assert.DoesNotContain('█', narrow.Out);
        Assert.Contains("QR code is left out", narrow.Error, StringComparison.Ordinal);
        home.Columns = 100;
        home.Environment["TERM"] = "dumb";
        var dumb = await home.RunAsync("invite", "--data-dir", folder);
        Assert.Contains('█', dumb.Out);
        Assert.DoesNotContain('\u001b', dumb.Out);
        home.Environment["TERM"] = "xterm";
        Assert.Contains('\u001b', (await home.RunAsync("invite", "--data-dir", folder)).Out);
    }

    [Fact]
    public async Task Devices_fit_a_terminal_of_60_columns_and_no_value_is_broken()
    {
        _host.OutIsTerminal = true;
        _host.Columns = 60;
        _host.Environment["TERM"] = "dumb";
        var lines = (await _host.RunAsync("devices")).Out.Split('\n');
        Assert.All(lines, l => Assert.True(l.Length <= 60, l));
        Assert.Contains(lines, l => l.Contains("last seen 0001-01-01 00:00:00Z", StringComparison.Ordinal));
        _host.Columns = 120;
        Assert.Contains('│', (await _host.RunAsync("devices")).Out);
    }

    [Fact]
    public async Task Watch_says_names_where_the_group_has_them()
    {
        _session.Status = _session.Status with { State = Client.SyncState.Live };
        _session.Arrives(null, "x"u8.ToArray());
        Assert.Equal("#1  phone  x\n", (await _host.RunAsync("watch", "--limit", "1")).Out);
    }

    // A program that keeps the session's input open.
    private sealed class NeverEnds : MemoryStream
    {
        private readonly ManualResetEventSlim _never = new();

        public override int Read(byte[] buffer, int offset, int count)
        {
            _never.Wait();
            return 0;
        }

        public override int Read(Span<byte> buffer)
        {
            _never.Wait();
            return 0;
        }

        protected override void Dispose(bool disposing)
        {
            _never.Set();
            base.Dispose(disposing);
        }
    }
}
