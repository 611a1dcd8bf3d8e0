using System.Globalization;
using System.Runtime.InteropServices;
using ZeroK.Bench.Client;
using ZeroK.Bench.Relay;

// dotnet run --project bench/client -c Release [-- push catchup] [--blobs N]
// Local pushes into the durable outbox beside bare SQLite; a device that was away catches up. Prints a table for bench/results.
if (args is ["reader", var directory, var expected, var ackEvery])
{
    await Reader.RunAsync(directory, int.Parse(expected, CultureInfo.InvariantCulture), int.Parse(ackEvery, CultureInfo.InvariantCulture));
    return 0;
}

var relayDll = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "../../../../../Silo/Host/bin/Release/net10.0/zerok-relay.dll"));
if (!File.Exists(relayDll))
{
    Console.Error.WriteLine($"No relay at {relayDll}: build the solution with -c Release first.");
    return 1;
}

var at = Array.IndexOf(args, "--blobs");
var blobs = at >= 0 ? int.Parse(args[at + 1], CultureInfo.InvariantCulture) : 100_000;
string[] parts = [.. args.Where(a => a is "push" or "catchup")];
var figures = new Figures();
if (parts.Length == 0 || parts.Contains("push")) await LocalPushBench.RunAsync(figures);
if (parts.Length == 0 || parts.Contains("catchup")) await CatchUpBench.RunAsync(relayDll, blobs, figures);

Console.WriteLine();
Console.WriteLine($"{Environment.ProcessorCount} cores, {RuntimeInformation.OSDescription}, {RuntimeInformation.FrameworkDescription}");
Console.WriteLine();
Console.WriteLine(figures);
return 0;
