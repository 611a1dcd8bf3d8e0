using System.Globalization;
using System.Runtime.InteropServices;
using ZeroK.Bench.Content;

// dotnet run --project bench/content -c Release [-- MiB [seal tcp quic rclone resume]]
// Seals in memory; starts a relay and the command line on loopback; compares with rclone's crypt remote where rclone is installed. Prints a table for bench/results.
var mebibytes = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 1024;
var figures = new Figures();
var parts = new (string Name, Func<int, Figures, Task> Run)[]
{
    ("seal", (m, f) => Task.Run(() => SealBench.RunAsync(m, f))),
    ("tcp", (m, f) => TransferBench.RunAsync("tcp", m, f)),
    ("quic", (m, f) => TransferBench.RunAsync("quic", m, f)),
    ("rclone", RcloneBench.RunAsync),
    ("resume", ResumeBench.RunAsync),
};

foreach (var (name, run) in parts)
{
    if (args.Length < 2 || args.Skip(1).Contains(name)) await run(mebibytes, figures);
}

Console.WriteLine();
Console.WriteLine($"{mebibytes} MiB, {Environment.ProcessorCount} cores, {RuntimeInformation.OSDescription}, {RuntimeInformation.FrameworkDescription}. MB/s are 10^6 bytes of content a second.");
Console.WriteLine();
Console.WriteLine(figures);
