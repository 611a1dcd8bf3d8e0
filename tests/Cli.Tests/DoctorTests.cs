using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Xunit;
using ZeroK.Cli.Diagnosis;
using ZeroK.Client;
using ZeroK.Transport;
using ZeroK.Wire;

namespace ZeroK.Cli.Tests;

/// <summary>The doctor's conclusions, and its run where nothing answers; deleting; what is no file.</summary>
public sealed class DoctorTests : IDisposable
{
    private static readonly RelayAddress Relay = new("relay.example", 4840, new byte[32]);
    private readonly CliTestHost _host = new();

    public void Dispose() => _host.Dispose();

    private static readonly RelayProbeResult Admitted = new() { Relay = Relay, IsReachable = true, Transport = TransportKind.Tcp, IsIdentityRight = true, IsAdmitted = true, Devices = 3, KeptFor = TimeSpan.FromDays(30), GroupBytesMax = 1 << 30 };

    public static TheoryData<string, string> Probes => new()
    {
        { "down", "reachable:Failed" },
        { "identity", "reachable:Ok identity:Failed" },
        { "handshake", "reachable:Ok identity:Failed" },
        { "new group", "reachable:Ok identity:Ok group:Warning" },
        { "unauthorized", "reachable:Ok identity:Ok group:Failed" },
        { "revoked", "reachable:Ok identity:Ok group:Failed" },
        { "fine", "reachable:Ok identity:Ok group:Ok clock:Ok limits:Ok" },
        { "clock", "reachable:Ok identity:Ok group:Ok clock:Warning limits:Ok" },
        { "names", "reachable:Ok identity:Ok group:Ok keys:Warning clock:Ok limits:Ok" },
    };

    [Theory]
    [MemberData(nameof(Probes))]
    public void Table_of_probes(string which, string findings)
    {
        var probe = which switch
        {
            "down" => new RelayProbeResult { Relay = Relay, Error = "no answer" },
            "identity" => new RelayProbeResult { Relay = Relay, IsReachable = true, IsIdentityWrong = true },
            "handshake" => new RelayProbeResult { Relay = Relay, IsReachable = true, Error = "broke" },
            "new group" => Admitted with { IsAdmitted = false, ErrorCode = ErrorCode.UnknownGroup },
            "unauthorized" => Admitted with { IsAdmitted = false, ErrorCode = ErrorCode.Unauthorized },
            "revoked" => Admitted with { IsAdmitted = false, ErrorCode = ErrorCode.DeviceRevoked },
            "clock" => Admitted with { ClockAhead = TimeSpan.FromMinutes(-9) },
            "names" => Admitted with { UnreadableNames = 1 },
            _ => Admitted,
        };
        var found = Findings.OfRelay(probe, "tcp").ToList();
        Assert.Equal(findings, string.Join(' ', found.Select(f => $"{f.Check}:{f.Verdict}")));
        Assert.All(found, f => Assert.Equal(("relay.example:4840", "tcp"), (f.Relay, f.Transport)));
        Assert.All(found.Where(f => f.Verdict != Verdict.Ok), f => Assert.NotNull(f.WhatToDo));
    }

    [Fact]
    public void Relay_without_quic_is_a_warning_alone() =>
        Assert.Equal(Verdict.Warning, Assert.Single(Findings.OfRelay(new RelayProbeResult { Relay = Relay, Error = "no answer" }, "quic")).Verdict);

    [Theory]
    [InlineData(0, 0, "outbox:Ok quarantine:Ok")]
    [InlineData(3, 0, "outbox:Warning quarantine:Ok")]
    [InlineData(0, 2, "outbox:Ok quarantine:Failed")]
    public void Table_of_states(long pending, long undecryptable, string findings) =>
        Assert.Equal(findings, string.Join(' ', Findings.OfState(new SyncStatus { PendingBlobs = pending, Undecryptable = undecryptable }).Select(f => $"{f.Check}:{f.Verdict}")));

    [Fact]
    public void Copied_device_is_a_failure_that_says_to_make_a_new_one_and_not_that_what_waits_goes_out()
    {
        var copy = Findings.OfState(new SyncStatus { IsCopy = true, PendingBlobs = 1 }).First();
        Assert.Equal(("copy", Verdict.Failed), (copy.Check, copy.Verdict));
        Assert.Contains("Make a new device", copy.WhatToDo!, StringComparison.Ordinal);
        Assert.DoesNotContain(Findings.OfState(new SyncStatus { IsCopy = true, PendingBlobs = 1 }), f => f.WhatToDo?.Contains("go out with the next", StringComparison.Ordinal) == true);
    }

    [Fact]
    public void Address_that_does_not_answer_is_a_warning_where_the_relay_has_another_that_does()
    {
        var silent = new RelayProbeResult { Relay = Relay, Error = "no answer" };
        Assert.Equal(Verdict.Failed, Assert.Single(Findings.OfRelay(silent, "tcp")).Verdict);
        Assert.Equal(Verdict.Warning, Assert.Single(Findings.OfRelay(silent, "tcp", hasOtherWay: true)).Verdict);
    }

    [Fact]
    public void Advice_for_another_fingerprint_names_a_verb_that_there_is()
    {
        var advice = Findings.OfRelay(new RelayProbeResult { Relay = Relay, IsReachable = true, IsIdentityWrong = true }, "tcp").Last().WhatToDo!;
        Assert.Contains("`zerok group relays --set ADDRESS`", advice, StringComparison.Ordinal);
        Assert.Contains(CliApp.BuildRoot(new CliHost { Out = TextWriter.Null, Error = TextWriter.Null, In = () => Stream.Null }).Subcommands.Single(c => c.Name == "group").Subcommands, c => c.Name == "relays" && c.Options.Any(o => o.Name == "--set"));
    }

    [Theory]
    [InlineData(1L << 20, "Failed")]
    [InlineData(100L << 20, "Warning")]
    [InlineData(10L << 30, "Ok")]
    public void Table_of_disks(long free, string verdict) => Assert.Equal(verdict, Findings.OfDisk(free).Verdict.ToString());

    [Fact]
    public async Task Doctor_without_a_device_says_how_to_make_one()
    {
        var result = await _host.RunAsync("doctor", "--data-dir", _host.PathOf("none"), "--json");
        Assert.Equal((int)ExitCode.DataProblem, result.Code);
        Assert.Contains("zerok init", (string)result.The("check")["whatToDo"]!);
    }

    [Fact]
    public async Task Doctor_names_the_relay_that_nobody_answers_for_and_leaves_the_device_free()
    {
        using var closed = new Socket(SocketType.Stream, ProtocolType.Tcp);
        closed.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var dir = _host.PathOf("device");
        using (var device = Device.Init(dir, "laptop"))
        using (var secret = GroupSecret.Random()) device.CreateGroup(secret, [new RelayAddress("127.0.0.1", ((IPEndPoint)closed.LocalEndPoint!).Port, new byte[32])]);
        var result = await _host.RunAsync("doctor", "--data-dir", dir, "--json", "--timeout", "2s");
        Assert.Equal((int)ExitCode.DataProblem, result.Code);
        var checks = result.Events.Where(e => (string?)e["event"] == "check").Select(e => $"{e["check"]}{(e["transport"] is { } t ? "/" + t : "")}:{e["verdict"]}");
        Assert.Equal(["device:ok", "disk:ok", "outbox:ok", "quarantine:ok", "reachable/quic:warning", "reachable/tcp:failed"], checks.Select(c => c.StartsWith("disk", StringComparison.Ordinal) ? "disk:ok" : c));
        Assert.Equal(1, (int)result.The("done")["failed"]!);
        var text = await _host.RunAsync("doctor", "--data-dir", dir, "--timeout", "2s");
        Assert.Contains("FAILED", text.Out + text.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Key_file_that_others_can_read_is_found()
    {
        var dir = _host.PathOf("device");
        Device.Init(dir, "laptop").Dispose();
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("Windows has no such modes.");
            return;
        }

        File.SetUnixFileMode(Path.Combine(dir, "device.key"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);
        var result = await _host.RunAsync("doctor", "--data-dir", dir, "--json");
        Assert.Contains("chmod", (string)result.The("check")["whatToDo"]!);
    }

    [Fact]
    public async Task Delete_asks_for_the_blobs_and_names_relays_that_were_not_reached()
    {
        var session = new FakeSession();
        _host.Sessions = session;
        var id = BlobId.New();
        Assert.Equal((int)ExitCode.Ok, (await _host.RunAsync("delete", id.Reveal(), "--json")).Code);
        Assert.Equal(id, Assert.Single(session.Deleted));
        session.NotReached = [Relay];
        var result = await _host.RunAsync("delete", id.Reveal(), "--json");
        Assert.Equal((int)ExitCode.Unreachable, result.Code);
        Assert.Equal(Relay.ToString(), (string?)result.The("done")["notReached"]![0]);
        Assert.Equal((int)ExitCode.Usage, (await _host.RunAsync("delete", "abc")).Code);
        Assert.Equal((int)ExitCode.Usage, (await _host.RunAsync("delete", new string('z', 32))).Code);
    }

    [Fact]
    public async Task Pushing_a_folder_passes_over_a_pipe_with_a_notice_and_a_pipe_alone_is_refused()
    {
        if (OperatingSystem.IsWindows()) Assert.Skip("Windows has no named pipes in folders.");
        var folder = Directory.CreateDirectory(_host.PathOf("folder")).FullName;
        File.WriteAllText(Path.Combine(folder, "a.txt"), "a");
        File.WriteAllText(Path.Combine(folder, "empty.txt"), "");
        using (var made = Process.Start("mkfifo", [Path.Combine(folder, "pipe")])) await made.WaitForExitAsync(TestContext.Current.CancellationToken);
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(Path.Combine(folder, "socket")));
        var session = new FakeSession();
        _host.Sessions = session;
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30), TimeProvider.System);
        var pushed = await _host.RunAsync(patience.Token, "push", "--dir", folder);
        Assert.Equal((int)ExitCode.Ok, pushed.Code);
        Assert.Equal(["a.txt", "empty.txt"], session.Pushes.Select(p => p.Label));
        Assert.Contains("pipe", pushed.Error, StringComparison.Ordinal);
        Assert.Contains("socket", pushed.Error, StringComparison.Ordinal);
        Assert.Equal((int)ExitCode.Usage, (await _host.RunAsync(patience.Token, "push", "--file", Path.Combine(folder, "pipe"))).Code);
    }
}
