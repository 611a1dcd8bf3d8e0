using System.Runtime.InteropServices;
using ZeroK.Bench.Abuse;
using ZeroK.Transport;

// dotnet run --project bench/abuse -c Release [-- groups entries pulls frames frames-quic windows-quic contents silent replay] [--relay=OTHER/zerok-relay.dll]
// A relay of its own for each attack, with default settings; two devices of a group that keep working beside it.
const string Other = "--relay=";
var relayDll = args.FirstOrDefault(a => a.StartsWith(Other, StringComparison.Ordinal))?[Other.Length..]
    ?? Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "../../../../../Silo/Host/bin/Release/net10.0/zerok-relay.dll"));
var chosen = args.Where(a => !a.StartsWith(Other, StringComparison.Ordinal)).ToArray();
if (!File.Exists(relayDll))
{
    Console.Error.WriteLine($"No relay at {relayDll}: build the solution with -c Release first.");
    return 1;
}

IAttack[] attacks = [new ManyGroups(), new TinyBlobs(), new UnreadPages(), new UnfinishedFrames(new TcpTransport()), new UnfinishedFrames(new QuicTransport()), new UnreadWindows(), new AnnouncedContents(), new SilentConnections(), new ReplayedFirstMessage()];
Console.WriteLine("| attack | what it got | resident MB before, peak, 5 s after | disk MB | processor, cores | pushed → pulled p99 ms, before and during | a new device of the group is in after, ms |");
Console.WriteLine("| --- | --- | --- | --- | --- | --- | --- |");
foreach (var attack in attacks)
{
    if (attack.Name.EndsWith("-quic", StringComparison.Ordinal) && !new QuicTransport().IsSupported(out var why)) Console.WriteLine($"| {attack.Name} | {why} |");
    else if (chosen.Length == 0 || chosen.Contains(attack.Name)) Console.WriteLine(await Trial.RunAsync(relayDll, attack));
}

Console.WriteLine();
Console.WriteLine($"{Environment.ProcessorCount} cores, {RuntimeInformation.OSDescription}, {RuntimeInformation.FrameworkDescription}");
return 0;
