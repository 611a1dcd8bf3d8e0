using System.Globalization;
using System.Net;
using System.Runtime.InteropServices;
using ZeroK.Bench.Proxy;
using ZeroK.Bench.Relay;
using ZeroK.Chaos.Proxy;

// dotnet run --project bench/proxy -c Release
// What the chaos proxy costs while no toxic is on: the same traffic straight and through it, in turns, all in one process on loopback.
var figures = new Figures();
await using (var echo = new TcpPeer())
await using (var proxy = new ChaosProxy("idle", ProxyProtocol.Tcp, "127.0.0.1:0", echo.Address))
{
    await proxy.EnableAsync();
    await CompareAsync("TCP", echo.Address, proxy.Listen.ToString(), TcpPeer.RoundTripsAsync);
    var straight = new List<double>();
    var through = new List<double>();
    for (var round = 0; round < 5; round++)
    {
        straight.Add(await TcpPeer.MegabytesPerSecondAsync(echo.Address));
        through.Add(await TcpPeer.MegabytesPerSecondAsync(proxy.Listen.ToString()));
    }

    var (direct, proxied) = (Figures.Percentile(straight, 0.5), Figures.Percentile(through, 0.5));
    figures.Add("TCP, one way, through the idle proxy", F($"{proxied:#,0} MB/s"), F($"{proxied / direct:0.00} of {direct:#,0} MB/s straight"));
}

await using (var echo = new UdpPeer())
await using (var proxy = new ChaosProxy("idle", ProxyProtocol.Udp, "127.0.0.1:0", echo.Address))
{
    await proxy.EnableAsync();
    await CompareAsync("UDP, 1,200 bytes", echo.Address, proxy.Listen.ToString(), UdpPeer.RoundTripsAsync);
}

Console.WriteLine();
Console.WriteLine($"{Environment.ProcessorCount} cores, {RuntimeInformation.OSDescription}, {RuntimeInformation.FrameworkDescription}");
Console.WriteLine();
Console.WriteLine(figures);

async Task CompareAsync(string what, string straight, string proxied, Func<string, Task<List<double>>> roundTrips)
{
    await roundTrips(straight);
    await roundTrips(proxied);
    var direct = new List<double>();
    var through = new List<double>();
    for (var round = 0; round < 5; round++)
    {
        direct.AddRange(await roundTrips(straight));
        through.AddRange(await roundTrips(proxied));
    }

    foreach (var (name, share) in new[] { ("median", 0.5), ("p99", 0.99) })
    {
        var (a, b) = (Figures.Percentile(direct, share), Figures.Percentile(through, share));
        figures.Add($"{what}, round trip, {name}: added by the idle proxy", F($"{b - a:0} µs"), F($"{b:0} µs through it, {a:0} µs straight"));
    }
}

static string F(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
