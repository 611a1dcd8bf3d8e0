using Xunit;
using ZeroK.Chaos.Faults;

namespace ZeroK.Chaos.Tests.Faults;

/// <summary>Commands for both kinds of compose, and what running a command does; no Docker needed.</summary>
public sealed class ComposeManagerTests
{
    public static TheoryData<string, Func<ComposeManager, CommandLine>> Verbs => new()
    {
        { "up --detach --no-build", m => m.Up() },
        { "up --detach --no-build relay client-1", m => m.Up(0, "relay", "client-1") },
        { "down --volumes --remove-orphans --timeout 3", m => m.Down(3) },
        { "ps --all --quiet relay", m => m.Ps("relay") },
        { "kill -s SIGKILL relay", m => m.Kill("SIGKILL", "relay") },
        { "pause relay", m => m.Pause("relay") },
        { "unpause relay", m => m.Unpause("relay") },
        { "logs --no-color --timestamps relay", m => m.Logs("relay") },
    };

    [Theory]
    [MemberData(nameof(Verbs))]
    public void Both_kinds_of_compose_get_the_same_verbs(string expected, Func<ComposeManager, CommandLine> verb)
    {
        ArgumentNullException.ThrowIfNull(verb);
        Assert.Equal("docker compose --file a.yml --file b.yml --project-name zerok-7 " + expected, verb(new ComposeManager(ComposeTool.Plugin, "zerok-7", "a.yml", "b.yml")).ToString());
        Assert.Equal("docker-compose --file a.yml --file b.yml --project-name zerok-7 " + expected, verb(new ComposeManager(ComposeTool.Standalone, "zerok-7", "a.yml", "b.yml")).ToString());
    }

    [Fact]
    public void Only_the_plugin_can_wait_for_health()
    {
        Assert.EndsWith("up --detach --no-build --wait --wait-timeout 60", new ComposeManager(ComposeTool.Plugin, "p", "a.yml").Up(60).ToString(), StringComparison.Ordinal);
        Assert.EndsWith("up --detach --no-build", new ComposeManager(ComposeTool.Standalone, "p", "a.yml").Up(60).ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("Upper")]
    [InlineData("-dash")]
    [InlineData("a b")]
    public void A_wrong_project_name_is_refused(string name)
    {
        Assert.Throws<ArgumentException>(() => new ComposeManager(ComposeTool.Plugin, name, "a.yml"));
    }

    [Fact]
    public void A_project_needs_a_file_and_its_containers_can_be_found_by_label()
    {
        Assert.Throws<ArgumentException>(() => new ComposeManager(ComposeTool.Plugin, "p"));
        Assert.Equal("com.docker.compose.project=p", new ComposeManager(ComposeTool.Plugin, "p", "a.yml").Label);
    }

    [Fact]
    public async Task A_command_gives_what_it_printed_or_says_how_it_failed()
    {
        var token = TestContext.Current.CancellationToken;
        Assert.StartsWith(Environment.Version.Major + ".", await new CommandLine("dotnet", ["--version"]).RunAsync(token), StringComparison.Ordinal);
        var failed = await Assert.ThrowsAsync<CommandFailedException>(() => new CommandLine("dotnet", ["no such verb.dll"]).RunAsync(token));
        Assert.Contains("'no such verb.dll' ended with", failed.Message, StringComparison.Ordinal);
        failed = await Assert.ThrowsAsync<CommandFailedException>(() => new CommandLine("zerok-no-such-program", []).RunAsync(token));
        Assert.Contains("can't be started", failed.Message, StringComparison.Ordinal);
    }
}
