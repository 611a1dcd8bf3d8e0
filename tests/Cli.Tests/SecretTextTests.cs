using System.Text;
using Xunit;

namespace ZeroK.Cli.Tests;

/// <summary>Passphrases and invites as editors, shells and mail programs write them.</summary>
public sealed class SecretTextTests : IDisposable
{
    private const string Relay = "zerok-relay://127.0.0.1:4999/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    private const string Phrase = "correct horse battery";
    private readonly CliTestHost _host = new();

    public void Dispose() => _host.Dispose();

    public static TheoryData<string, byte[]> Files() => new()
    {
        { "plain", Encoding.UTF8.GetBytes(Phrase) },
        { "line end", Encoding.UTF8.GetBytes(Phrase + "\n") },
        { "CRLF", Encoding.UTF8.GetBytes(Phrase + "\r\n") },
        { "old line end", Encoding.UTF8.GetBytes(Phrase + "\r") },
        { "empty lines after it", Encoding.UTF8.GetBytes(Phrase + "\r\n\r\n") },
        { "byte order mark", [0xEF, 0xBB, 0xBF, .. Encoding.UTF8.GetBytes(Phrase + "\r\n")] },
        { "UTF-16, as PowerShell writes it", [0xFF, 0xFE, .. Encoding.Unicode.GetBytes(Phrase + "\r\n")] },
        { "UTF-16, big-endian", [0xFE, 0xFF, .. Encoding.BigEndianUnicode.GetBytes(Phrase + "\n")] },
        { "UTF-32", [0xFF, 0xFE, 0, 0, .. Encoding.UTF32.GetBytes(Phrase + "\n")] },
    };

    public static TheoryData<string, byte[]> Refused() => new()
    {
        { "more than one line", Encoding.UTF8.GetBytes(Phrase + "\n# keep this safe\n") },
        { "more than one line", Encoding.UTF8.GetBytes(Phrase + "\r# keep this safe") },
        { "more than one line", Encoding.UTF8.GetBytes("\n" + Phrase + "\n") },
        { "more than one line", Encoding.UTF8.GetBytes(Phrase + "\u2028and more") },
        { "is empty", [] },
        { "is empty", [0xEF, 0xBB, 0xBF, (byte)'\n'] },
        { "not UTF-8", [.. Encoding.UTF8.GetBytes(Phrase), 0xE9] },
        { "not UTF-8", Encoding.Unicode.GetBytes(Phrase) },
    };

    [Theory]
    [MemberData(nameof(Files))]
    public async Task A_passphrase_file_is_its_one_line(string how, byte[] bytes)
    {
        await MakeGroup();
        var joined = await _host.RunAsync("group", "join", "--invite-file", _host.PathOf("invite"), "--passphrase-file", Written(bytes), "--data-dir", B);
        Assert.True(joined.Code == 0, $"{how}: {joined.Error}");
    }

    [Theory]
    [MemberData(nameof(Files))]
    public async Task Standard_input_is_read_as_a_file_is(string how, byte[] bytes)
    {
        await MakeGroup();
        _host.Input = new MemoryStream(bytes);
        var joined = await _host.RunAsync("group", "join", "--invite-file", _host.PathOf("invite"), "--passphrase-file", "-", "--data-dir", B);
        Assert.True(joined.Code == 0, $"{how}: {joined.Error}");
    }

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task Anything_else_is_refused_by_what_is_wrong(string why, byte[] bytes)
    {
        await MakeGroup();
        var joined = await _host.RunAsync("group", "join", "--invite-file", _host.PathOf("invite"), "--passphrase-file", Written(bytes), "--data-dir", B);
        Assert.Equal((int)ExitCode.Usage, joined.Code);
        Assert.Contains(why, joined.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_environments_line_end_is_no_part_of_the_passphrase()
    {
        await MakeGroup();
        _host.Environment["ZEROK_PASSPHRASE"] = Phrase + "\r";
        Assert.Equal(0, (await _host.RunAsync("group", "join", "--invite-file", _host.PathOf("invite"), "--data-dir", B)).Code);
    }

    [Fact]
    public async Task A_generated_passphrase_is_shown_once_and_joins()
    {
        await Ok("init", "--data-dir", A);
        await Ok("init", "--data-dir", B);
        var created = await Ok("group", "create", "--relay", Relay, "--generate-passphrase", "--data-dir", A, "--json");
        var passphrase = (string)created.The("group-created")["generatedPassphrase"]!;
        await Ok("invite", "--data-dir", A, "--file", _host.PathOf("invite"));
        Assert.DoesNotContain(Directory.EnumerateFiles(A), f => File.ReadAllText(f).Contains(passphrase, StringComparison.Ordinal));
        _host.Environment["ZEROK_PASSPHRASE"] = passphrase.ToLowerInvariant().Replace('-', ' ');
        var joined = await Ok("group", "join", "--invite-file", _host.PathOf("invite"), "--data-dir", B, "--json");
        Assert.DoesNotContain(passphrase, joined.Out + joined.Error, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task A_passphrase_is_given_or_generated_not_both()
    {
        await Ok("init", "--data-dir", A);
        Assert.Equal((int)ExitCode.Usage, (await _host.RunAsync("group", "create", "--relay", Relay, "--generate-passphrase", "--passphrase", Phrase, "--data-dir", A)).Code);
    }

    [Fact]
    public async Task An_invite_is_found_in_a_mail_in_any_encoding()
    {
        await Ok("init", "--data-dir", A);
        await Ok("group", "create", "--relay", Relay, "--data-dir", A);
        await Ok("invite", "--data-dir", A, "--file", _host.PathOf("invite"));
        var link = File.ReadAllText(_host.PathOf("invite")).Trim();
        byte[][] mails = [Encoding.Latin1.GetBytes($"Gr\u00fc\u00dfe,\r\n\r\n> <{link[..50]}\r\n> {link[50..]}>.\r\n\r\nBj\u00f6rn"), [0xFF, 0xFE, .. Encoding.Unicode.GetBytes(link + "\r\n")], Encoding.UTF8.GetBytes($"“{link}”")];
        for (var i = 0; i < mails.Length; i++)
        {
            var device = _host.PathOf("joins" + i);
            await Ok("init", "--data-dir", device);
            await Ok("group", "join", "--invite-file", Written(mails[i]), "--data-dir", device);
        }
    }

    [Fact]
    public async Task A_wrapped_invite_that_is_pasted_at_the_prompt_is_read_to_its_end()
    {
        await Ok("init", "--data-dir", A);
        await Ok("init", "--data-dir", B);
        await Ok("group", "create", "--relay", Relay, "--data-dir", A);
        await Ok("invite", "--data-dir", A, "--file", _host.PathOf("invite"));
        _host.InIsTerminal = true;
        foreach (var line in File.ReadAllText(_host.PathOf("invite")).Trim().Chunk(40)) _host.Secrets.Enqueue(new string(line));
        await Ok("group", "join", "--data-dir", B);
        Assert.Empty(_host.Secrets);
    }

    private string A => _host.PathOf("a");

    private string B => _host.PathOf("b");

    private async Task MakeGroup()
    {
        await Ok("init", "--data-dir", A);
        await Ok("init", "--data-dir", B);
        _host.Environment["ZEROK_PASSPHRASE"] = Phrase;
        await Ok("group", "create", "--relay", Relay, "--passphrase", "--data-dir", A);
        _host.Environment.Clear();
        await Ok("invite", "--data-dir", A, "--file", _host.PathOf("invite"));
    }

    private string Written(byte[] bytes)
    {
        var path = _host.PathOf("written");
        File.WriteAllBytes(path, bytes);
        return path;
    }

    private async Task<CliTestResult> Ok(params string[] args)
    {
        var result = await _host.RunAsync(args);
        Assert.True(result.Code == 0, $"{string.Join(' ', args)}: {result.Code}\n{result.Error}");
        return result;
    }
}
