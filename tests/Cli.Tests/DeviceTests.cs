using Microsoft.Data.Sqlite;
using Xunit;

namespace ZeroK.Cli.Tests;

/// <summary>Making devices and groups with the real library: files, modes, secrets.</summary>
public sealed class DeviceTests : IDisposable
{
    private const string Relay = "zerok-relay://127.0.0.1:4999/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    private readonly CliTestHost _host = new();

    public void Dispose() => _host.Dispose();

    [Fact]
    public async Task An_invite_makes_a_second_member_of_the_same_group()
    {
        await Ok("init", "--name", "a", "--data-dir", A);
        await Ok("init", "--name", "b", "--data-dir", B);
        var created = await Ok("group", "create", "--relay", Relay, "--data-dir", A, "--json");
        var invite = await Ok("invite", "--data-dir", A, "--json");
        _host.Type((string)invite.The("invite")["link"]! + "\n");
        var joined = await Ok("group", "join", "--data-dir", B, "--json");
        Assert.Equal((string?)created.The("group-created")["group"], (string?)joined.The("group-joined")["group"]);
        Assert.Empty(joined.Error);
    }

    [Fact]
    public async Task What_can_not_be_opened_is_listed_and_given_up_by_its_id()
    {
        await Ok("init", "--data-dir", A);
        await Ok("group", "create", "--relay", Relay, "--data-dir", A);
        Assert.Equal(0, (int?)(await Ok("undecryptable", "--data-dir", A, "--json")).The("done")["undecryptable"]);
        string[] ids = [new('a', 32), new('b', 32)];
        await using (var state = new SqliteConnection($"Data Source={Path.Combine(A, "state.db")};Pooling=False"))
        {
            await state.OpenAsync(TestContext.Current.CancellationToken);
            await using var insert = state.CreateCommand();
            insert.CommandText = "INSERT INTO quarantine (relay, cursor, blob_id, sender, sequence, reason, envelope) VALUES (zeroblob(32), 3, unhex($a), zeroblob(32), 1, 2, zeroblob(100)), (zeroblob(32), 9, unhex($b), zeroblob(32), 2, 2, zeroblob(100))";
            insert.Parameters.AddWithValue("$a", ids[0]);
            insert.Parameters.AddWithValue("$b", ids[1]);
            await insert.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }

        var listed = await Ok("undecryptable", "--data-dir", A, "--json");
        Assert.Equal(["3 wrong-key-or-tampered True True", "9 wrong-key-or-tampered True True"], listed.Events.Where(e => (string?)e["event"] == "undecryptable-blob").Select(e => $"{e["cursor"]} {e["reason"]} {(bool?)e["kept"]} {(bool?)e["holdsBack"]}"));
        Assert.Equal(1, (int?)(await Ok("undecryptable", "--give-up", ids[0], "--data-dir", A, "--json")).The("done")["givenUp"]);
        Assert.Equal(1, (int?)(await Ok("undecryptable", "--give-up", "all", "--data-dir", A, "--json")).The("done")["givenUp"]);
        Assert.Equal(2, (await _host.RunAsync("undecryptable", "--give-up", "nonsense", "--data-dir", A)).Code);
    }

    [Fact]
    public async Task An_invite_on_the_command_line_is_warned_of_and_never_shown_again()
    {
        await Ok("init", "--data-dir", A);
        await Ok("init", "--data-dir", B);
        await Ok("group", "create", "--relay", Relay, "--data-dir", A);
        var link = (string)(await Ok("invite", "--data-dir", A, "--json")).The("invite")["link"]!;
        var joined = await Ok("group", "join", link, "--data-dir", B, "--json");
        Assert.Equal("invite-on-command-line", (string?)Assert.Single(joined.ErrorEvents)["code"]);
        Assert.DoesNotContain(link[13..], joined.Out + joined.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_passphrase_comes_from_the_environment_a_file_or_a_prompt_and_is_never_shown()
    {
        const string secret = "correct horse battery";
        await Ok("init", "--data-dir", A);
        await Ok("init", "--data-dir", B);
        _host.InIsTerminal = true;
        _host.Secrets.Enqueue(secret);
        _host.Secrets.Enqueue(secret);
        var created = await Ok("group", "create", "--relay", Relay, "--data-dir", A, "--passphrase", "--json");
        Assert.Empty(_host.Secrets);
        var invite = await Ok("invite", "--data-dir", A, "--file", _host.PathOf("invite"), "--json");

        File.WriteAllText(_host.PathOf("wrong"), "another passphrase\n");
        var wrong = await _host.RunAsync("group", "join", "--invite-file", _host.PathOf("invite"), "--data-dir", B, "--passphrase-file", _host.PathOf("wrong"));
        Assert.Equal((int)ExitCode.Refused, wrong.Code);
        _host.Environment["ZEROK_PASSPHRASE"] = secret;
        var joined = await Ok("group", "join", "--invite-file", _host.PathOf("invite"), "--data-dir", B, "--json");
        foreach (var result in new[] { created, invite, wrong, joined }) Assert.DoesNotContain(secret, result.Out + result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_passphrase_on_the_command_line_is_warned_of()
    {
        await Ok("init", "--data-dir", A);
        var created = await Ok("group", "create", "--relay", Relay, "--data-dir", A, "--passphrase", "correct horse battery");
        Assert.Contains("Warning:", created.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("correct horse", created.Out + created.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_different_passphrases_are_refused()
    {
        await Ok("init", "--data-dir", A);
        _host.InIsTerminal = true;
        _host.Secrets.Enqueue("correct horse battery");
        _host.Secrets.Enqueue("correct horse batterz");
        Assert.Equal((int)ExitCode.Usage, (await _host.RunAsync("group", "create", "--relay", Relay, "--data-dir", A, "--passphrase")).Code);
    }

    [Fact]
    public async Task Nothing_is_overwritten()
    {
        await Ok("init", "--data-dir", A);
        Assert.Equal((int)ExitCode.Error, (await _host.RunAsync("init", "--data-dir", A)).Code);
        await Ok("group", "create", "--relay", Relay, "--data-dir", A);
        Assert.Equal((int)ExitCode.Error, (await _host.RunAsync("group", "create", "--relay", Relay, "--data-dir", A)).Code);
        await Ok("invite", "--data-dir", A, "--file", _host.PathOf("invite"));
        Assert.Equal((int)ExitCode.Usage, (await _host.RunAsync("invite", "--data-dir", A, "--file", _host.PathOf("invite"))).Code);
    }

    [Fact]
    public async Task State_is_its_owners_alone()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("Windows has no file modes.");
            return;
        }

        await Ok("init", "--data-dir", A);
        await Ok("group", "create", "--relay", Relay, "--data-dir", A);
        await Ok("push", "queued", "--no-wait", "--data-dir", A);
        await Ok("invite", "--data-dir", A, "--file", _host.PathOf("invite"));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(A));
        foreach (var file in Directory.EnumerateFiles(A, "*", SearchOption.AllDirectories).Append(_host.PathOf("invite")))
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
    }

    [Fact]
    public async Task What_is_queued_offline_shows_in_the_status()
    {
        await Ok("init", "--data-dir", A);
        await Ok("group", "create", "--relay", Relay, "--data-dir", A);
        await Ok("push", "queued", "--no-wait", "--data-dir", A);
        var away = await _host.RunAsync("push", "second", "--timeout", "300ms", "--data-dir", A);
        Assert.Equal((int)ExitCode.Unreachable, away.Code);
        var status = await Ok("status", "--data-dir", A, "--json");
        Assert.Equal(2L, (long)status.The("status")["pendingBlobs"]!);
        Assert.Equal(2UL, (ulong)status.The("status")["lastSequence"]!);
    }

    [Fact]
    public async Task Relay_that_moved_is_told_to_a_device_by_its_address_or_by_an_invite()
    {
        await Ok("init", "--data-dir", A);
        await Ok("init", "--data-dir", B);
        await Ok("group", "create", "--relay", Relay, "--data-dir", A);
        await Ok("invite", "--data-dir", A, "--file", _host.PathOf("invite"));
        await Ok("group", "join", "--invite-file", _host.PathOf("invite"), "--data-dir", B);
        Assert.Equal(Relay, (await Ok("group", "relays", "--data-dir", A)).Out.Trim());

        var moved = await Ok("group", "relays", "--set", Moved, "--data-dir", A, "--json");
        Assert.Equal([Moved], moved.The("relays-changed")["relays"]!.AsArray().Select(r => (string?)r));
        Assert.Empty(moved.Error);
        await Ok("invite", "--data-dir", A, "--file", _host.PathOf("newer"));
        var told = await Ok("group", "join", "--invite-file", _host.PathOf("newer"), "--data-dir", B, "--json");
        Assert.Equal([Moved], told.The("relays-changed")["relays"]!.AsArray().Select(r => (string?)r));
        Assert.Equal([Moved, Relay], (await Ok("group", "relays", "--add", Relay, Moved, "--data-dir", B, "--json")).The("relays-changed")["relays"]!.AsArray().Select(r => (string?)r));
    }

    [Fact]
    public async Task Fingerprint_that_a_device_did_not_know_is_pinned_and_said()
    {
        await Ok("init", "--data-dir", A);
        await Ok("group", "create", "--relay", Relay, "--data-dir", A);
        var changed = await Ok("group", "relays", "--set", Relay.Replace("AAAA", "BBBB", StringComparison.Ordinal), "--data-dir", A);
        Assert.Contains("pinned", changed.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Wrong_use_of_the_relays_verb_changes_nothing_and_says_what_is_wrong()
    {
        await Ok("init", "--data-dir", A);
        Assert.Equal((int)ExitCode.NotSetUp, (await _host.RunAsync("group", "relays", "--set", Relay, "--data-dir", A)).Code);
        await Ok("group", "create", "--relay", Relay, "--data-dir", A);
        foreach (var wrong in new string[][] { ["--set", "zerok://join/x"], ["--set", Relay, "--add", Moved], ["--add", .. Enumerable.Range(1, 8).Select(i => Relay.Replace("4999", $"{i}", StringComparison.Ordinal))] })
            Assert.Equal((int)ExitCode.Usage, (await _host.RunAsync(["group", "relays", .. wrong, "--data-dir", A])).Code);
        Assert.Equal(Relay, (await Ok("group", "relays", "--data-dir", A)).Out.Trim());
    }

    [Fact]
    public async Task Leaving_wants_a_yes_and_does_not_lose_what_waits_unasked()
    {
        await Ok("init", "--data-dir", A);
        await Ok("group", "create", "--relay", Relay, "--data-dir", A);
        await Ok("push", "queued", "--no-wait", "--data-dir", A);
        Assert.Equal((int)ExitCode.Usage, (await _host.RunAsync("group", "leave", "--data-dir", A)).Code);
        var waits = await _host.RunAsync("group", "leave", "--yes", "--data-dir", A);
        Assert.Equal((int)ExitCode.DataProblem, waits.Code);
        Assert.Contains("--drop-unsent", waits.Error, StringComparison.Ordinal);
        Assert.NotNull((await Ok("group", "leave", "--yes", "--drop-unsent", "--data-dir", A, "--json")).The("group-left")["device"]);
        Assert.Equal((int)ExitCode.NotSetUp, (await _host.RunAsync("status", "--data-dir", A)).Code);
        await Ok("group", "create", "--relay", Moved, "--data-dir", A);
    }

    private const string Moved = "zerok-relay://127.0.0.1:5999/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

    private string A => _host.PathOf("a");

    private string B => _host.PathOf("b");

    private async Task<CliTestResult> Ok(params string[] args)
    {
        var result = await _host.RunAsync(args);
        Assert.True(result.Code == 0, $"{string.Join(' ', args)}: {result.Code} {result.Error}");
        return result;
    }
}
