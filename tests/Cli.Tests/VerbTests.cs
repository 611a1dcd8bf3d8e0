using System.Text;
using Xunit;
using ZeroK.Client;
using ZeroK.Transport;
using ZeroK.Wire;

namespace ZeroK.Cli.Tests;

/// <summary>Verbs over a session without a relay: what they push, take, acknowledge, report, and how they end.</summary>
public sealed class VerbTests : IDisposable
{
    private readonly CliTestHost _host = new();
    private readonly FakeSession _session = new();

    public VerbTests() => _host.Sessions = _session;

    public void Dispose() => _host.Dispose();

    [Fact]
    public async Task Push_reports_each_blob_and_its_cursor()
    {
        var result = await _host.RunAsync("push", "hello", "--json");
        Assert.Equal(0, result.Code);
        Assert.Equal(["pushed", "durable", "done"], result.Events.Select(e => (string?)e["event"]));
        Assert.Equal(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData("hello"u8)), (string?)result.The("pushed")["sha256"]);
        Assert.Equal(1UL, (ulong)result.The("durable")["cursor"]!);
        Assert.Equal("hello", Encoding.UTF8.GetString(Assert.Single(_session.Pushes).Payload));
    }

    [Fact]
    public async Task Status_says_where_a_device_is_connected_if_that_is_not_the_listed_address()
    {
        var relay = new RelayStatus { Address = new RelayAddress("sync.example", 4840, new byte[32]), IsPrimary = true, State = SyncState.Live };
        foreach (var (elsewhere, said) in new[] { (new RelayEndpoint("2001:db8::7", 4850), "[2001:db8::7]:4850"), ((RelayEndpoint?)null, (string?)null) })
        {
            _session.Status = new SyncStatus { State = SyncState.Live, Relays = [relay with { ConnectedTo = elsewhere }] };
            var json = (await _host.RunAsync("status", "--online", "--json")).The("status");
            Assert.Equal(said, (string?)json["perRelay"]![0]!["connectedTo"]);
            Assert.Equal(said is not null, (await _host.RunAsync("status", "--online")).Out.Contains(", at [2001:db8::7]:4850", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task Push_dash_sends_standard_input_with_its_label()
    {
        _host.Type("from a pipe");
        Assert.Equal(0, (await _host.RunAsync("push", "-", "--label", "notes/p.txt")).Code);
        Assert.Equal("notes/p.txt", _session.Pushes.Single().Label);
        Assert.Equal("from a pipe", Encoding.UTF8.GetString(_session.Pushes.Single().Payload));
    }

    [Fact]
    public async Task A_file_above_1_MiB_is_refused_with_what_to_do()
    {
        File.WriteAllBytes(_host.PathOf("big"), new byte[WireLimits.PayloadBytesMax + 1]);
        var result = await _host.RunAsync("push", "--file", _host.PathOf("big"));
        Assert.Equal((int)ExitCode.Usage, result.Code);
        Assert.Contains("zerok content put", result.Error, StringComparison.Ordinal);
        Assert.Empty(_session.Pushes);
    }

    [Fact]
    public async Task Pull_writes_files_shows_texts_and_acknowledges_both()
    {
        _session.Arrives("docs/a.md", [1, 2, 3]);
        _session.Arrives(null, "hi"u8.ToArray());
        var result = await _host.RunAsync("pull", "--out", _host.PathOf("in"), "--json");
        Assert.Equal(0, result.Code);
        Assert.Equal([1, 2, 3], File.ReadAllBytes(_host.PathOf("in/docs/a.md")));
        Assert.Equal([1UL, 2UL], _session.Acked);
        Assert.Equal("hi", (string?)result.Events[1]["text"]);
        Assert.Equal("written", (string?)result.Events[0]["outcome"]);
        Assert.Equal(FakeSession.Other.Reveal(), (string?)result.Events[0]["sender"]);
    }

    [Fact]
    public async Task Text_to_files_writes_what_would_be_shown_and_shows_none_of_it()
    {
        _session.Arrives(null, "a secret"u8.ToArray());
        var result = await _host.RunAsync("pull", "--out", _host.PathOf("in"), "--text-to-files");
        Assert.Equal(0, result.Code);
        Assert.Equal("a secret", File.ReadAllText(Directory.GetFiles(_host.PathOf("in")).Single()));
        Assert.DoesNotContain("a secret", result.Out, StringComparison.Ordinal);
        Assert.Equal([1UL], _session.Acked);
    }

    [Fact]
    public async Task Text_to_files_without_a_folder_is_a_wrong_command_line() =>
        Assert.Equal((int)ExitCode.Usage, (await _host.RunAsync("watch", "--text-to-files")).Code);

    [Fact]
    public async Task Pull_without_out_stops_at_a_file_and_does_not_acknowledge_it()
    {
        _session.Arrives(null, "text"u8.ToArray());
        _session.Arrives("docs/a.md", [1]);
        _session.Arrives(null, "after"u8.ToArray());
        var result = await _host.RunAsync("pull");
        Assert.Equal((int)ExitCode.Error, result.Code);
        Assert.Contains("--out", result.Error, StringComparison.Ordinal);
        Assert.Equal([1UL], _session.Acked);
        Assert.DoesNotContain("after", result.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pull_after_acknowledges_nothing()
    {
        var result = await _host.RunAsync("pull", "--after", "7", "--json");
        Assert.Equal(0, result.Code);
        Assert.Equal(8UL, (ulong)result.The("received")["cursor"]!);
        Assert.Empty(_session.Acked);
    }

    [Fact]
    public async Task Watch_acknowledges_nothing_after_what_it_could_not_take()
    {
        _session.Arrives(null, "a"u8.ToArray());
        _session.Arrives("file", [1]);
        _session.Arrives(null, "b"u8.ToArray());
        var result = await _host.RunAsync("watch", "--json", "--limit", "3");
        Assert.Equal([1UL], _session.Acked);
        Assert.Equal([true, false, true], result.Events.Where(e => (string?)e["event"] == "received").Select(e => (bool)e["taken"]!));
        Assert.Contains(result.ErrorEvents, e => (string?)e["code"] == "not-taken");
    }

    [Fact]
    public async Task Text_from_others_can_not_drive_the_terminal()
    {
        _host.OutIsTerminal = true;
        _session.Arrives(null, "\u001b]0;owned\u0007\u202e"u8.ToArray());
        var result = await _host.RunAsync("watch", "--limit", "1");
        Assert.DoesNotContain('\u001b', result.Out);
        Assert.DoesNotContain('\u202e', result.Out);
        Assert.Contains("\\u001b", result.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_problem_in_the_data_ends_with_6()
    {
        _session.Happens(new Omission(DateTimeOffset.UnixEpoch, FakeSession.Other, 2, 3, new Cursor(9)));
        _session.Durable = async s => { await Task.Yield(); return new Cursor(s); };
        _session.Arrives(null, "x"u8.ToArray());
        var result = await _host.RunAsync("watch", "--limit", "1", "--json");
        Assert.Equal((int)ExitCode.DataProblem, result.Code);
        Assert.Equal(2UL, (ulong)result.The("omission")["firstSequence"]!);
        Assert.True((bool)result.The("omission")["problem"]!);
    }

    [Fact]
    public async Task An_unreachable_relay_ends_with_5_and_a_refusal_with_4()
    {
        _session.Durable = _ => new TaskCompletionSource<Cursor>().Task;
        _session.Status = new SyncStatus { State = SyncState.BackingOff, LastError = "connection refused", PendingBlobs = 1 };
        var away = await _host.RunAsync("push", "x", "--timeout", "100ms");
        Assert.Equal((int)ExitCode.Unreachable, away.Code);
        Assert.Contains("1 blob stays queued", away.Error, StringComparison.Ordinal);

        _session.Status = new SyncStatus { State = SyncState.Refused, LastErrorCode = ErrorCode.Unauthorized, LastError = "not a member" };
        var refused = await _host.RunAsync("push", "x", "--timeout", "0", "--json");
        Assert.Equal((int)ExitCode.Refused, refused.Code);
        Assert.Contains("UNAUTHORIZED", refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Interrupting_ends_with_130()
    {
        using var stop = new CancellationTokenSource();
        var watching = _host.RunAsync(stop.Token, "watch");
        await stop.CancelAsync();
        Assert.Equal((int)ExitCode.Interrupted, (await watching).Code);
    }

    [Fact]
    public async Task A_session_answers_each_command_with_its_id()
    {
        _session.Arrives("f", [9]);
        _host.Type("""
            {"cmd":"push","text":"a","id":1}
            {"cmd":"push","random":10,"seed":5,"count":2,"label":"r","id":2}
            not json
            {"cmd":"push","base64":"%%","id":3}
            {"cmd":"frobnicate","id":4}
            {"cmd":"vector","id":"v"}
            {"cmd":"status","id":5}
            {"cmd":"devices","id":6}
            {"cmd":"flush","id":7}
            """);
        var result = await _host.RunAsync("session", "--json");
        Assert.Equal(0, result.Code);
        var byId = result.Events.Where(e => e["id"] is not null).ToLookup(e => e["id"]!.ToJsonString(), e => (string?)e["event"]);
        Assert.Equal(["durable", "pushed"], byId["1"].Order());
        Assert.Equal(["durable", "durable", "pushed", "pushed"], byId["2"].Order());
        Assert.Equal(["error"], byId["3"]);
        Assert.Equal(["error"], byId["4"]);
        Assert.Equal(["vector"], byId["\"v\""]);
        Assert.Equal(["status"], byId["5"]);
        Assert.Equal(["devices"], byId["6"]);
        Assert.Equal(["flushed"], byId["7"]);
        Assert.Equal("ready", (string?)result.Events[0]["event"]);
        Assert.Equal("bye", (string?)result.Events[^1]["event"]);
        var expected = new byte[10];
        new Random(6).NextBytes(expected);
        Assert.Equal(expected, _session.Pushes[2].Payload);
    }
}
