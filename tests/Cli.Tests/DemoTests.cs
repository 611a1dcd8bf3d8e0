using Xunit;

namespace ZeroK.Cli.Tests;

/// <summary>The whole demo, with the relay as its own process.</summary>
public sealed class DemoTests
{
    [Fact]
    public async Task The_demo_syncs_compares_and_finds_no_plaintext_at_the_relay()
    {
        using var host = new CliTestHost();
        host.Environment["ZEROK_RELAY"] = RelayFolder();
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(100));
        var result = await host.RunAsync(timeout.Token, "demo", "--json");
        Assert.True(result.Code == 0, result.Error + result.Out);
        var demo = result.The("demo");
        Assert.Equal((int)demo["files"]!, (int)demo["equal"]!);
        Assert.True((int)demo["files"]! > 1);
        Assert.True((long)demo["bytesSearched"]! > 10_000);
        Assert.Empty(demo["failures"]!.AsArray());
    }

    // The tests' output folder is <root>/tests/Cli.Tests/bin/<configuration>/<framework>/.
    private static string RelayFolder()
    {
        var here = new DirectoryInfo(AppContext.BaseDirectory);
        var (framework, configuration) = (here.Name, here.Parent!.Name);
        var root = here.Parent!.Parent!.Parent!.Parent!.Parent!.FullName;
        return Path.Combine(root, "Cli", "bin", configuration, framework, "relay");
    }
}
