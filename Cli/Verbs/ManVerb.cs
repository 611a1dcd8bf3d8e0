using System.CommandLine;
using ZeroK.Cli.Shells;
using ZeroK.Cli.Terminal;

namespace ZeroK.Cli.Verbs;

/// <summary><c>zerok man</c>: the manual page, made from the commands themselves.</summary>
internal static class ManVerb
{
    public static Command Create(CliHost host)
    {
        var verb = new VerbCommand("man", "Print the manual page zerok(1), made from the commands themselves.")
        {
            Examples =
            [
                ("zerok man | man -l -", "read it"),
                ("zerok man > ~/.local/share/man/man1/zerok.1", "install it for this user"),
            ],
        };
        verb.Runs(host, (context, _) =>
        {
            var page = ManPage.Write(CommandTree.Of(CliApp.BuildRoot(host)), VersionText.Version);
            context.Output.Result(new() { ["event"] = "man", ["page"] = page }, page.TrimEnd('\n'));
            return Task.FromResult(ExitCode.Ok);
        });
        return verb;
    }
}
