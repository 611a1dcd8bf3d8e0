using System.Diagnostics;
using Xunit;
using ZeroK.Cli.Shells;

namespace ZeroK.Cli.Tests;

/// <summary>What shells and man make of the scripts and the page, tried in the shells themselves where they are installed.</summary>
public sealed class ShellTests : IDisposable
{
    private readonly CliTestHost _host = new();

    public void Dispose() => _host.Dispose();

    [Theory]
    [InlineData("bash", "gro", "group")]
    [InlineData("bash", "group ", "create")]
    [InlineData("bash", "--data-dir x group j", "join")]
    [InlineData("bash", "group create --rel", "--relay")]
    [InlineData("bash", "status --da", "--data-dir")]
    [InlineData("fish", "gro", "group")]
    [InlineData("fish", "group ", "create")]
    [InlineData("fish", "--data-dir x group j", "join")]
    [InlineData("fish", "group create --rel", "--relay")]
    [InlineData("fish", "status --da", "--data-dir")]
    public async Task A_tab_offers_what_comes_next(string shell, string typed, string expected)
    {
        var offered = await CompleteAsync(shell, typed);
        Assert.Contains(expected, offered);
    }

    [Theory]
    [InlineData("bash")]
    [InlineData("fish")]
    public async Task A_tab_offers_nothing_of_another_command(string shell)
    {
        var offered = await CompleteAsync(shell, "invite --");
        Assert.Contains("--json", offered);
        Assert.DoesNotContain("--relay", offered);
        Assert.DoesNotContain("--label", offered);
    }

    [Theory]
    [InlineData("bash")]
    [InlineData("zsh")]
    [InlineData("fish")]
    public async Task The_shell_reads_its_script_without_a_complaint(string shell)
    {
        RequireProgram(shell);
        var (code, _, error) = await RunAsync(shell, ["-n", await WriteAsync(shell)]);
        Assert.Equal("", error);
        Assert.Equal(0, code);
    }

    [Theory]
    [InlineData("bash")]
    [InlineData("zsh")]
    [InlineData("fish")]
    public async Task Every_verb_and_option_is_in_the_script(string shell)
    {
        var script = (await _host.RunAsync("completion", shell)).Out;
        foreach (var command in Tree().All)
        {
            Assert.Contains(command.Name, script, StringComparison.Ordinal);
            foreach (var option in command.Options) Assert.Contains(option.Names[0].TrimStart('-'), script, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task The_manual_page_formats_without_a_warning_and_has_every_verb()
    {
        RequireProgram("groff");
        var page = _host.PathOf("zerok.1");
        await File.WriteAllTextAsync(page, (await _host.RunAsync("man")).Out, TestContext.Current.CancellationToken);
        var (code, text, error) = await RunAsync("groff", ["-man", "-Tascii", "-P-cbou", "-ww", "-rLL=200n", page]);
        Assert.Equal("", error);
        Assert.Equal(0, code);
        foreach (var command in Tree().All.Where(c => c.Words.Count == 0)) Assert.Contains($"zerok {command.Path}", text, StringComparison.Ordinal);
        Assert.Contains("--data-dir", text, StringComparison.Ordinal);
        Assert.Contains("$ZEROK_DATA_DIR", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(".TH", @"\&.TH")]
    [InlineData("'x", @"\&'x")]
    [InlineData(@"a\b", @"a\eb")]
    [InlineData("--out", @"\-\-out")]
    public void Text_is_no_request_to_roff(string text, string expected) => Assert.Equal(expected, ManPage.Text(text));

    [Fact]
    public async Task A_shell_that_is_not_known_is_named_with_those_that_are()
    {
        var result = await _host.RunAsync("completion", "powershell");
        Assert.Equal((int)ExitCode.Usage, result.Code);
        Assert.Contains("bash", result.Error, StringComparison.Ordinal);
        Assert.Contains("fish", result.Error, StringComparison.Ordinal);
    }

    private static CommandNode Tree() => CommandTree.Of(CliApp.BuildRoot(new CliHost { Out = TextWriter.Null, Error = TextWriter.Null, In = () => Stream.Null }));

    private async Task<string[]> CompleteAsync(string shell, string typed)
    {
        RequireProgram(shell);
        var script = await WriteAsync(shell);
        var (code, offered, error) = shell == "fish"
            ? await RunAsync("fish", ["--no-config", "-c", $"source {script}; complete --do-complete 'zerok {typed}'"])
            : await RunAsync("bash", ["--norc", "-c", $"source {script}; COMP_WORDS=(zerok {typed}{(typed.EndsWith(' ') ? "''" : "")}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); _zerok 2>/dev/null; printf '%s\\n' \"${{COMPREPLY[@]}}\""]);
        Assert.Equal("", error);
        Assert.Equal(0, code);
        return [.. offered.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => l.Split('\t')[0])];
    }

    private async Task<string> WriteAsync(string shell)
    {
        var file = _host.PathOf("script." + shell);
        await File.WriteAllTextAsync(file, (await _host.RunAsync("completion", shell)).Out, TestContext.Current.CancellationToken);
        return file;
    }

    private static void RequireProgram(string name) => Assert.SkipUnless(
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(d => File.Exists(Path.Combine(d, name))), $"skipped: no {name}");

    private static async Task<(int Code, string Out, string Error)> RunAsync(string program, string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["HOME"] = Path.GetTempPath();
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, await output, await error);
    }
}
