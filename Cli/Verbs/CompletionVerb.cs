using System.CommandLine;
using ZeroK.Cli.Shells;

namespace ZeroK.Cli.Verbs;

/// <summary><c>zerok completion</c>: a script that teaches a shell the commands and options.</summary>
internal static class CompletionVerb
{
    public static Command Create(CliHost host)
    {
        var shell = new Argument<string>("shell") { Description = "bash, zsh or fish." };
        shell.AcceptOnlyFromAmong([.. CompletionScripts.All.Select(s => s.Shell)]);
        var verb = new VerbCommand("completion", "Print a script that completes commands and options on Tab. Static: a Tab starts no process.")
        {
            Examples =
            [
                ("source <(zerok completion bash)", "for this bash"),
                ("zerok completion bash > ~/.local/share/bash-completion/completions/zerok", "for every bash from now on"),
                ("zerok completion zsh > ~/.zfunc/_zerok", "for zsh, where ~/.zfunc is in fpath"),
                ("zerok completion fish > ~/.config/fish/completions/zerok.fish", "for fish"),
            ],
        };
        verb.Add(shell);
        verb.Runs(host, (context, _) =>
        {
            var name = context.Parsed.GetValue(shell)!;
            var script = CompletionScripts.All.Single(s => s.Shell == name).Write(CommandTree.Of(CliApp.BuildRoot(host)));
            context.Output.Result(new() { ["event"] = "completion", ["shell"] = name, ["script"] = script }, script.TrimEnd('\n'));
            return Task.FromResult(ExitCode.Ok);
        });
        return verb;
    }
}
