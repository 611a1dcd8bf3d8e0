using ZeroK.Chaos.Cluster;
using ZeroK.Postgres;

namespace ZeroK.Chaos.Runner;

/// <summary>`upgrade`: a cluster of an older build, replaced one relay at a time under load.</summary>
internal static class UpgradeCommand
{
    public static async Task<int> RunAsync(Arguments arguments)
    {
        if (PostgreSqlServer.WhyNot() is { } why)
        {
            await Console.Error.WriteLineAsync(why);
            return 2;
        }

        var from = Path.Combine(arguments["from"] ?? throw new ArgumentException("--from needs the folder of the older relay's program."), "zerok-relay.dll");
        if (!File.Exists(from)) throw new FileNotFoundException("There is no relay in that folder.", from);
        var options = new UpgradeRunOptions(
            from,
            arguments["relay"] ?? Programs.RelayDll(),
            arguments.Number("rate", 500),
            (int)arguments.Number("groups", 50),
            (int)arguments.Number("relays", 3),
            (int)arguments.Number("bytes", 1024),
            (int)arguments.Number("seed", 1),
            arguments["out"]);
        return await UpgradeRun.RunAsync(options, Console.Out, CancellationToken.None) ? 0 : 1;
    }
}
