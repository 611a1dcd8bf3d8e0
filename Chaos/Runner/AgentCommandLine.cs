using System.Globalization;
using ZeroK.Chaos.Agent;

namespace ZeroK.Chaos.Runner;

/// <summary>The verb <c>agent</c>: a device that the suite starts and kills. The invite comes in an environment variable, since command lines can be seen by others.</summary>
internal static class AgentCommandLine
{
    public static Task<int> RunAsync(Arguments args)
    {
        var settings = new AgentSettings(
            args["dir"] ?? throw new ArgumentException("agent needs --dir."),
            args["relay"]?.Split(',') ?? [],
            Environment.GetEnvironmentVariable(AgentSettings.InviteVariable),
            [.. (args["via"] ?? throw new ArgumentException("agent needs --via.")).Split(',').Select(AgentVia.Parse)],
            args["transport"] ?? "tcp",
            int.Parse(args["seed"] ?? "0", CultureInfo.InvariantCulture));
        return AgentProgram.RunAsync(settings, Console.In, Console.Out);
    }
}
