using System.Runtime.InteropServices;
using ZeroK.Bench.Crypto;
using ZeroK.Bench.Relay;

// dotnet run --project bench/crypto -c Release [-- seal noise handshake allocations]
// What the cryptography costs beside its bare primitives, measured in turns in the same run. Prints a table for bench/results.
var parts = new (string Name, Action<Figures> Run)[]
{
    ("seal", SealBench.Run),
    ("noise", NoiseBench.Run),
    ("handshake", HandshakeBench.Run),
    ("allocations", AllocationBench.Run),
};
var figures = new Figures();
foreach (var (name, run) in parts)
{
    if (args.Length == 0 || args.Contains(name)) run(figures);
}

Console.WriteLine();
Console.WriteLine($"{Environment.ProcessorCount} cores, {RuntimeInformation.OSDescription}, {RuntimeInformation.FrameworkDescription}");
Console.WriteLine();
Console.WriteLine(figures);
