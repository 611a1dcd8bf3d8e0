using System.Diagnostics;
using System.Xml.Linq;
using Xunit;
using ZeroK.Cli.Service;
using ZeroK.Client;

namespace ZeroK.Cli.Tests;

/// <summary>The service files of the three systems, and what installing and removing one does and leaves.</summary>
public sealed class ServiceTests : IDisposable
{
    private static readonly string[] Awkward = ["/opt/a b/zerok", "watch", "--out", """/home/x/50% "in" $HOME\box"""];

    private readonly CliTestHost _host = new();
    private readonly List<string> _run = [];
    private int _code;

    public ServiceTests()
    {
        _host.Environment["HOME"] = _host.Folder;
        _host.Adapt = host => host with
        {
            Self = () => ["/opt/zerok/zerok"],
            Services = (spec, environment) => UserService.Systemd(spec, _host.Folder, null),
            Run = (line, _) =>
            {
                _run.Add(string.Join(' ', line));
                return Task.FromResult((_code, _code == 0 ? "" : "no bus"));
            },
        };
    }

    public void Dispose() => _host.Dispose();

    private string Unit => _host.PathOf(".config/systemd/user/zerok.service");

    [Fact]
    public async Task Installing_writes_the_unit_and_starts_it_and_removing_leaves_nothing()
    {
        MakeDeviceInGroup();
        var installed = await InstallAsync();
        Assert.Equal(0, installed.Code);
        Assert.Equal(["systemctl --user daemon-reload", "systemctl --user enable zerok.service", "systemctl --user restart zerok.service"], _run);
        var text = await File.ReadAllTextAsync(Unit, TestContext.Current.CancellationToken);
        Assert.Contains($"ExecStart=\"/opt/zerok/zerok\" \"watch\" \"--data-dir\" \"{_host.PathOf("d")}\" \"--out\" \"{_host.PathOf("in")}\" \"--text-to-files\"", text, StringComparison.Ordinal);

        _run.Clear();
        Assert.Equal(0, (await _host.RunAsync("service", "remove")).Code);
        Assert.Equal(["systemctl --user disable --now zerok.service", "systemctl --user daemon-reload"], _run);
        Assert.Empty(Directory.EnumerateFiles(Path.GetDirectoryName(Unit)!));
    }

    [Fact]
    public async Task A_service_that_can_not_be_started_is_said_with_the_line_that_failed()
    {
        MakeDeviceInGroup();
        _code = 1;
        var result = await InstallAsync();
        Assert.Equal((int)ExitCode.Error, result.Code);
        Assert.Contains("does not run", result.Error, StringComparison.Ordinal);
        Assert.Contains("`systemctl --user daemon-reload` ended with 1: no bus", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_service_that_does_not_end_keeps_its_file()
    {
        MakeDeviceInGroup();
        await InstallAsync();
        _code = 1;
        Assert.Equal((int)ExitCode.Error, (await _host.RunAsync("service", "remove")).Code);
        Assert.True(File.Exists(Unit));
    }

    [Fact]
    public async Task A_device_without_a_group_gets_no_service()
    {
        await _host.RunAsync("init", "--name", "x", "--data-dir", _host.PathOf("d"));
        var result = await InstallAsync();
        Assert.Equal((int)ExitCode.NotSetUp, result.Code);
        Assert.Empty(_run);
        Assert.False(File.Exists(Unit));
    }

    [Fact]
    public async Task Showing_writes_and_starts_nothing()
    {
        var result = await _host.RunAsync("service", "show", "--out", _host.PathOf("in"), "--data-dir", _host.PathOf("d"));
        Assert.Equal(0, result.Code);
        Assert.Contains("ExecStart=", result.Out, StringComparison.Ordinal);
        Assert.Empty(_run);
        Assert.False(File.Exists(Unit));
    }

    [Theory]
    [InlineData("../x")]
    [InlineData("a b")]
    [InlineData("")]
    public async Task A_name_that_is_no_file_name_is_refused(string name)
    {
        var result = await _host.RunAsync("service", "show", "--out", "x", "--name", name);
        Assert.Equal((int)ExitCode.Usage, result.Code);
    }

    [Fact]
    public async Task Systemd_finds_nothing_wrong_with_the_unit()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/systemd-analyze"), "skipped: no systemd-analyze");
        var service = UserService.Systemd(new ServiceSpec("zerok", ["/bin/true", .. Awkward[1..]]), _host.Folder, null);
        var file = _host.PathOf("zerok.service");
        await File.WriteAllTextAsync(file, service.Text, TestContext.Current.CancellationToken);
        var start = new ProcessStartInfo("systemd-analyze", ["verify", "--user", "--man=no", file]) { RedirectStandardError = true, RedirectStandardOutput = true };
        start.Environment["XDG_RUNTIME_DIR"] = _host.Folder;
        using var process = Process.Start(start)!;
        var said = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.DoesNotContain("zerok.service", said, StringComparison.Ordinal);
        Assert.Equal(0, process.ExitCode);
    }

    [Theory]
    [InlineData("50%", "\"50%%\"")]
    [InlineData("$HOME", "\"$$HOME\"")]
    [InlineData("a\"b\\c", "\"a\\\"b\\\\c\"")]
    public void A_systemd_argument_is_what_the_program_gets(string argument, string expected) => Assert.Equal(expected, UserService.SystemdQuoted(argument));

    [Fact]
    public void A_line_break_can_not_add_a_line_to_the_unit() => Assert.Throws<CliException>(() => UserService.SystemdQuoted("a\nExecStartPre=x"));

    [Theory]
    [InlineData(@"C:\in box\", @"""C:\in box\\""")]
    [InlineData("a\"b", "\"a\\\"b\"")]
    [InlineData("a\\\"b", "\"a\\\\\\\"b\"")]
    public void A_windows_argument_is_what_the_program_gets(string argument, string expected) => Assert.Equal(expected, UserService.WindowsQuoted(argument));

    [Fact]
    public void The_launchd_agent_has_each_argument_as_it_is()
    {
        var service = UserService.Launchd(new ServiceSpec("zerok", Awkward), "/Users/x", "501");
        var arguments = XDocument.Parse(service.Text).Descendants("array").Single().Elements("string").Select(e => e.Value);
        Assert.Equal(Awkward, arguments);
        Assert.Equal("/Users/x/Library/LaunchAgents/org.zerok.zerok.plist", service.Path);
    }

    [Fact]
    public void The_windows_task_parses_in_the_encoding_that_it_declares()
    {
        var service = UserService.WindowsTask(new ServiceSpec("zerok", Awkward), _host.Folder);
        using var bytes = new MemoryStream([.. service.Encoding.GetPreamble(), .. service.Encoding.GetBytes(service.Text)]);
        var document = XDocument.Load(bytes);
        Assert.Equal(Awkward[0], document.Descendants().Single(e => e.Name.LocalName == "Command").Value);
        Assert.Equal(System.Text.Encoding.Unicode, service.Encoding);
    }

    [Fact]
    public async Task A_system_without_the_service_manager_is_named()
    {
        var (code, said) = await Machine.RunAsync(["zerok-no-such-program"], TestContext.Current.CancellationToken);
        Assert.Equal(127, code);
        Assert.Contains("zerok-no-such-program", said, StringComparison.Ordinal);
    }

    private void MakeDeviceInGroup()
    {
        Device.Init(_host.PathOf("d"), "x").Dispose();
        using var device = Device.Open(_host.PathOf("d"));
        device.CreateGroup(GroupSecret.Random(), [RelayAddress.Parse("zerok-relay://127.0.0.1:4999/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]);
    }

    private Task<CliTestResult> InstallAsync() => _host.RunAsync("service", "install", "--data-dir", _host.PathOf("d"), "--out", _host.PathOf("in"));
}
