using System.CommandLine;
using System.CommandLine.Invocation;
using System.Reflection;
using System.Text.Json.Nodes;
using ZeroK.Cli.Verbs;

namespace ZeroK.Cli.Terminal;

/// <summary><c>zerok --version</c>: the version and the commit that it was built from, for people or as an object.</summary>
internal sealed class VersionText(CliHost host) : SynchronousCommandLineAction
{
    private const int CommitShown = 12;

    private static string Informational => typeof(VersionText).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "?";

    /// <summary>The version without its commit.</summary>
    public static string Version => Informational.Split('+', 2)[0];

    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        var parts = Informational.Split('+', 2);
        var commit = parts.Length > 1 ? parts[1] : null;
        new Output(host, parseResult.GetValue(GlobalOptions.Json), verbose: false).Result(
            new JsonObject { ["event"] = "version", ["version"] = parts[0], ["commit"] = commit },
            $"zerok {parts[0]}{(commit is null ? "" : $" ({commit[..Math.Min(CommitShown, commit.Length)]})")}");
        return 0;
    }
}
