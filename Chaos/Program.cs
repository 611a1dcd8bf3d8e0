using ZeroK.Chaos.Agent;
using ZeroK.Chaos.Runner;

if (Console.IsOutputRedirected) Spectre.Console.AnsiConsole.Profile.Width = 240;
return args switch
{
    ["list", .. var rest] => ListCommand.Run(Arguments.Parse(rest)),
    ["run", .. var rest] => await RunCommand.RunAsync(Arguments.Parse(rest)),
    ["cluster", .. var rest] => await ClusterCommand.RunAsync(Arguments.Parse(rest)),
    ["upgrade", .. var rest] => await UpgradeCommand.RunAsync(Arguments.Parse(rest)),
    ["simulate", .. var rest] => SimulateCommand.Run(Arguments.Parse(rest)),
    ["agent", .. var rest] => await AgentCommandLine.RunAsync(Arguments.Parse(rest)),
    _ => Arguments.Help(),
};
