using System.Globalization;
using ZeroK.Bench.Cluster;
using ZeroK.Postgres;

// Acknowledged writes of one size, side by side in one run: ZeroK's relays on PostgreSQL, the store alone, pgbench, Redis Streams, NATS JetStream.
var options = args.Chunk(2).ToDictionary(a => a[0].TrimStart('-'), a => a.Length > 1 ? a[1] : "");
int Option(string name, int otherwise) => options.TryGetValue(name, out var text) ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;
var (seconds, clients, bytes) = (TimeSpan.FromSeconds(Option("seconds", 10)), Option("clients", 64), Option("bytes", 1024));
Load.WarmUp = TimeSpan.FromSeconds(Option("warm-up", 8));
var only = options.GetValueOrDefault("only", "");
if (PostgreSqlServer.WhyNot() is { } why)
{
    await Console.Error.WriteLineAsync(why);
    return 2;
}

var folder = new DirectoryInfo(AppContext.BaseDirectory);
var root = folder;
while (!File.Exists(Path.Combine(root!.FullName, "ZeroK.Orleans.sln"))) root = root.Parent;
var relayDll = Path.Combine(root.FullName, "Silo", "Host", "bin", folder.Parent!.Name, folder.Name, "zerok-relay.dll");

Console.WriteLine(FormattableString.Invariant($"{bytes} bytes a write, {seconds.TotalSeconds} s each, {Environment.ProcessorCount} cores; processor time in µs a write, by process"));
Console.WriteLine();
Console.WriteLine("| subject | acknowledged/s | µs of processor a write |");
Console.WriteLine("| --- | --- | --- |");
var rows = new Dictionary<string, Measured>();
await using (var server = await PostgreSqlServer.StartAsync())
{
    await RunAsync("pgbench", () => PgBench.RunAsync(server, clients, bytes, seconds));
    await RunAsync("store", () => StoreSubject.RunAsync(server, clients, bytes, seconds));
}

foreach (var (name, relays) in new[] { ("one", 1), ("three", 3) })
{
    await RunAsync(name, () => RelaySubject.RunAsync(relayDll, relays, clients, 1, 1, bytes, seconds));
    await RunAsync(name + "-pipelined", () => RelaySubject.RunAsync(relayDll, relays, clients, 16, 1, bytes, seconds));
    await RunAsync(name + "-batched", () => RelaySubject.RunAsync(relayDll, relays, clients, 1, 16, bytes, seconds));
}

if (Server.WhyNot("redis-server") is { } noRedis) Console.WriteLine($"| Redis Streams | | {noRedis} |");
else await RunAsync("redis", () => Redis.RunAsync(clients, bytes, seconds));
if (Server.WhyNot("nats-server") is { } noNats) Console.WriteLine($"| NATS JetStream | | {noNats} |");
else await RunAsync("nats", () => Nats.RunAsync(clients, bytes, seconds));

if (rows.TryGetValue("pgbench", out var pgbench))
{
    Console.WriteLine();
    foreach (var (name, row) in rows.Where(r => r.Key != "pgbench")) Console.WriteLine(FormattableString.Invariant($"{name}: {row.PerSecond / pgbench.PerSecond:F1} times pgbench"));
}

return 0;

async Task RunAsync(string name, Func<Task<Measured>> run)
{
    if (only.Length > 0 && !only.Split(',').Contains(name)) return;
    rows[name] = await run();
    Console.WriteLine(rows[name]);
}
