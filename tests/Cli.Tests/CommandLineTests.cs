using Xunit;
using ZeroK.Cli.Verbs;

namespace ZeroK.Cli.Tests;

/// <summary>What people see of the command line: help, usage errors, exit codes.</summary>
public sealed class CommandLineTests : IDisposable
{
    private readonly CliTestHost _host = new();

    public void Dispose() => _host.Dispose();

    public static TheoryData<string> AllVerbs() => new("init", "group create", "group join", "group relays", "group leave", "invite", "push", "pull", "watch", "delete", "content put", "content get", "content ls", "content rm", "content drop", "status", "doctor", "devices", "session", "relay", "demo", "outbox", "undecryptable", "service install", "service show", "service remove", "completion", "man");

    [Theory]
    [MemberData(nameof(AllVerbs))]
    public async Task Help_teaches_with_examples_and_exit_codes(string verb)
    {
        var result = await _host.RunAsync([.. verb.Split(' '), "--help"]);
        Assert.Equal(0, result.Code);
        Assert.Contains("Examples:", result.Out, StringComparison.Ordinal);
        Assert.Contains("--json", result.Out, StringComparison.Ordinal);
        foreach (var (code, _, meaning) in ExitCodes.Table) Assert.Contains($"{(int)code,3}  {meaning}", result.Out, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_verb_of_the_list_is_tested_here()
    {
        var root = CliApp.BuildRoot(new CliHost { Out = TextWriter.Null, Error = TextWriter.Null, In = () => Stream.Null });
        Assert.Equal(root.Subcommands.Select(c => c.Name).Order(), AllVerbs().Select(v => v.Data.Split(' ')[0]).Distinct().Order());
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("push")]
    [InlineData("push text --file x")]
    [InlineData("pull --limit 0")]
    [InlineData("pull --after -1")]
    [InlineData("pull --timeout soon")]
    [InlineData("group create")]
    [InlineData("status --no-such-option")]
    public async Task A_wrong_command_line_ends_with_2_and_says_where_help_is(string line)
    {
        var result = await _host.RunAsync(line.Split(' '));
        Assert.Equal((int)ExitCode.Usage, result.Code);
        Assert.Empty(result.Out);
        Assert.Contains("--help", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("puhs x", "push")]
    [InlineData("grup", "group")]
    [InlineData("group crate", "create")]
    [InlineData("status --jsn", "--json")]
    [InlineData("push x --labl y", "--label")]
    [InlineData("push --no-wiat", "--no-wait")]
    [InlineData("group create --relay ADDRESS --pasphrase", "--passphrase")]
    [InlineData("pull --out --lmit 5", "--limit")]
    [InlineData("content get --otu file", "--out")]
    [InlineData("watch --dicsard", "--discard")]
    public async Task A_slip_is_told_what_it_was_meant_to_be(string line, string meant)
    {
        var result = await _host.RunAsync(line.Split(' '));
        Assert.Equal((int)ExitCode.Usage, result.Code);
        Assert.Contains($"Did you mean `{meant}`?", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("group create --relay A --other")]
    [InlineData("init --name --unknown")]
    [InlineData("push --unknown")]
    [InlineData("content put -x=y")]
    public async Task An_unknown_option_is_never_taken_for_a_value(string line)
    {
        var result = await _host.RunAsync([.. line.Split(' '), "--data-dir", _host.PathOf("d")]);
        Assert.Equal((int)ExitCode.Usage, result.Code);
        Assert.False(Directory.Exists(_host.PathOf("d")));
    }

    [Theory]
    [InlineData("push --data-dir D -- --text")]
    [InlineData("push --label=-x.txt x --data-dir D")]
    [InlineData("push -1 --data-dir D")]
    public async Task A_value_that_begins_with_a_dash_can_be_said(string line) =>
        Assert.Equal((int)ExitCode.NotSetUp, (await _host.RunAsync(line.Replace("D", _host.PathOf("none"), StringComparison.Ordinal).Split(' '))).Code);

    [Fact]
    public async Task A_mistaken_passphrase_is_not_repeated_in_the_error()
    {
        var result = await _host.RunAsync("group", "create", "--relay", "A", "--passphrase", "--hunter2hunter2");
        Assert.Equal((int)ExitCode.Usage, result.Code);
        Assert.DoesNotContain("hunter2", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_version_is_said_to_people_and_to_programs()
    {
        Assert.Matches(@"^zerok \d+\.\d+\.\d+( \([0-9a-f]{12}\))?\n$", (await _host.RunAsync("--version")).Out);
        var json = (await _host.RunAsync("--json", "--version")).The("version");
        Assert.Matches(@"^\d+\.\d+\.\d+$", (string)json["version"]!);
        var misplaced = await _host.RunAsync("push", "--version");
        Assert.Equal((int)ExitCode.Usage, misplaced.Code);
        Assert.Contains("zerok --version", misplaced.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1, "1 blob")]
    [InlineData(0, "0 blobs")]
    [InlineData(2, "2 blobs")]
    public void One_is_no_plural(long count, string text) => Assert.Equal(text, Terminal.Display.Count(count, "blob"));

    [Fact]
    public async Task With_json_errors_are_objects_on_standard_error()
    {
        var result = await _host.RunAsync("push", "--json");
        Assert.Empty(result.Out);
        var error = Assert.Single(result.ErrorEvents);
        Assert.Equal("error", (string?)error["event"]);
        Assert.Equal("usage", (string?)error["code"]);
        Assert.Equal(2, (int)error["exit"]!);
    }

    [Fact]
    public async Task A_misplaced_invite_is_not_repeated_in_the_error()
    {
        var result = await _host.RunAsync("group", "zerok://join/AAAAsecretAAAA");
        Assert.Equal((int)ExitCode.Usage, result.Code);
        Assert.DoesNotContain("secret", result.Error, StringComparison.Ordinal);
        Assert.Contains("[hidden]", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_device_the_error_says_what_to_do()
    {
        var result = await _host.RunAsync("status", "--data-dir", _host.PathOf("none"), "--json");
        Assert.Equal((int)ExitCode.NotSetUp, result.Code);
        Assert.Contains("zerok init", (string?)Assert.Single(result.ErrorEvents)["hint"], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("30", 30_000)]
    [InlineData("30s", 30_000)]
    [InlineData("1.5s", 1_500)]
    [InlineData("500ms", 500)]
    [InlineData("2m", 120_000)]
    [InlineData("0", 0)]
    public void Times_are_read(string text, double millis)
    {
        Assert.True(GlobalOptions.TryParseTime(text, out var time));
        Assert.Equal(millis, time.TotalMilliseconds);
    }

    [Theory]
    [InlineData("")]
    [InlineData("-1")]
    [InlineData("soon")]
    [InlineData("1e300")]
    [InlineData("99999999999m")]
    public void Other_times_are_refused(string text) => Assert.False(GlobalOptions.TryParseTime(text, out _));

    [Fact]
    public void The_data_directory_comes_from_the_option_the_environment_or_XDG()
    {
        Dictionary<string, string> environment = new() { ["HOME"] = "/home/u" };
        string? Get(string name) => environment.GetValueOrDefault(name);
        if (!OperatingSystem.IsWindows()) Assert.Equal("/home/u/.local/state/zerok", GlobalOptions.DataDirOf(null, Get));
        environment["XDG_STATE_HOME"] = "relative";
        if (!OperatingSystem.IsWindows()) Assert.Equal("/home/u/.local/state/zerok", GlobalOptions.DataDirOf(null, Get));
        environment["XDG_STATE_HOME"] = _host.Folder;
        Assert.Equal(_host.PathOf("zerok"), GlobalOptions.DataDirOf(null, Get));
        environment["ZEROK_DATA_DIR"] = _host.PathOf("env");
        Assert.Equal(_host.PathOf("env"), GlobalOptions.DataDirOf(null, Get));
        Assert.Equal(_host.PathOf("given"), GlobalOptions.DataDirOf(_host.PathOf("given"), Get));
    }

    [Fact]
    public void Relay_options_are_passed_on()
    {
        var root = CliApp.BuildRoot(new CliHost { Out = TextWriter.Null, Error = TextWriter.Null, In = () => Stream.Null });
        var parsed = root.Parse(["relay", "--listen", "*", "--port", "4850", "--data-dir", "d", "--json"]);
        Assert.Empty(parsed.Errors);
        Assert.Equal(["--listen", "*", "--port", "4850", "--data-dir", "d", "--json"], RelayVerb.ArgumentsOf(parsed));
    }
}
