using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using ZeroK.Cli.Verbs;

namespace ZeroK.Cli.Terminal;

/// <summary>The usual help, followed by examples and exit codes.</summary>
internal sealed class TeachingHelp(HelpAction usual) : SynchronousCommandLineAction
{
    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        var result = usual.Invoke(parseResult);
        var writer = parseResult.InvocationConfiguration.Output;
        if (parseResult.CommandResult.Command is VerbCommand { Examples.Count: > 0 } verb)
        {
            writer.WriteLine("Examples:");
            foreach (var (line, does) in verb.Examples)
            {
                writer.WriteLine($"  # {does}");
                writer.WriteLine($"  {line}");
            }

            writer.WriteLine();
        }

        writer.WriteLine("Exit codes:");
        foreach (var (code, _, meaning) in ExitCodes.Table) writer.WriteLine($"  {(int)code,3}  {meaning}");
        return result;
    }
}
