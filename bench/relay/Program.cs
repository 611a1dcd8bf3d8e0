using System.Runtime.InteropServices;
using ZeroK.Bench.Relay;

// dotnet run --project bench/relay -c Release [-- push latency handshake idle start]
// Starts relays of its own on loopback, one after another, and prints a table for bench/results.
var relayDll = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "../../../../../Silo/Host/bin/Release/net10.0/zerok-relay.dll"));
if (!File.Exists(relayDll))
{
    Console.Error.WriteLine($"No relay at {relayDll}: build the solution with -c Release first.");
    return 1;
}

var figures = new Figures();
var parts = new (string Name, Func<string, Figures, Task> Run)[]
{
    ("push", PushBench.RunAsync),
    ("latency", LatencyBench.RunAsync),
    ("handshake", HandshakeBench.RunAsync),
    ("idle", IdleBench.RunAsync),
    ("start", StartBench.RunAsync),
};

foreach (var (name, run) in parts)
{
    if (args.Length == 0 || args.Contains(name)) await run(relayDll, figures);
}

Console.WriteLine();
Console.WriteLine($"{Environment.ProcessorCount} cores, {RuntimeInformation.OSDescription}, {RuntimeInformation.FrameworkDescription}");
Console.WriteLine();
Console.WriteLine(figures);
return 0;
