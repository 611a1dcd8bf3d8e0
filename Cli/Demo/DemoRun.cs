using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using ZeroK.Cli.Files;
using ZeroK.Cli.Relays;
using ZeroK.Cli.Sync;
using ZeroK.Cli.Terminal;
using ZeroK.Client;

namespace ZeroK.Cli.Demo;

/// <summary>The demo's story: a relay, two devices, files one way while the other watches, an answer back, and a look into the relay's files.</summary>
internal sealed class DemoRun(CliHost host, SyncOptions options, string folder, Action<string> tell) : IAsyncDisposable
{
    private const int EarlyFiles = 2;
    private const int PatternBytesMin = 12;
    private static readonly TimeSpan RelayReadyWithin = TimeSpan.FromSeconds(40);

    private readonly string _marker = "marker-" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(12));
    private readonly List<string> _failures = [];
    private readonly List<(PushItem Item, byte[] Bytes, Pushed Pushed, long? PushedAt)> _pushed = [];
    private RelayProcess? _relay;
    private DemoDevice? _a;
    private DemoDevice? _b;

    private string RelayData => Path.Combine(folder, "relay-data");
    private string RelayLog => Path.Combine(folder, "relay.log");

    /// <summary>Runs it.</summary>
    public async Task<DemoResult> RunAsync(CancellationToken cancellationToken)
    {
        var (files, from) = DemoFiles.Find(folder);
        await StartRelayAsync(port: 0, cancellationToken);
        var link = MakeDevices(_relay!.Address);

        _a = await DemoDevice.StartAsync(host, Path.Combine(folder, "a"), Path.Combine(folder, "a-received"), options, cancellationToken);
        await PushAsync(new PushItem("docs/" + _marker + ".txt", () => Encoding.UTF8.GetBytes($"A secret of A: {_marker}"), 0), live: false, cancellationToken);
        foreach (var item in files.Take(EarlyFiles)) await PushAsync(item, live: false, cancellationToken);
        await _a.Session.FlushAsync(cancellationToken);
        tell($"A pushed {_pushed.Count} files while it was alone. The relay keeps them: nothing is forgotten before a second device has it.");

        var tables = await LookIntoRelayAsync(cancellationToken);
        JoinB(link);
        _b = await DemoDevice.StartAsync(host, Path.Combine(folder, "b"), Path.Combine(folder, "b-received"), options, cancellationToken);
        await _b.ArrivedAsync(_pushed.Count, cancellationToken);
        tell("B joined by the invite and fetched what had waited. Now it watches live.");

        foreach (var item in files.Skip(EarlyFiles)) await PushAsync(item, live: true, cancellationToken);
        await _a.Session.FlushAsync(cancellationToken);
        await _b.ArrivedAsync(_pushed.Count, cancellationToken);
        var compared = await CompareAsync();
        var reply = await AnswerAsync(cancellationToken);
        var (transportA, transportB, whyNotQuic) = (_a.Session.Status.Transport, _b.Session.Status.Transport, _a.Session.Status.WhyNotQuic);
        await CloseAsync();

        var (patterns, searched) = SearchRelay(link, reply, files);
        return new DemoResult
        {
            From = from,
            Files = compared,
            Reply = reply,
            TransportA = SyncEventText.Transport(transportA),
            TransportB = SyncEventText.Transport(transportB),
            WhyNotQuic = whyNotQuic,
            RelayTables = tables,
            PatternsSearched = patterns,
            BytesSearched = searched,
            Failures = _failures,
        };
    }

    public async ValueTask DisposeAsync() => await CloseAsync();

    private async Task StartRelayAsync(int port, CancellationToken cancellationToken)
    {
        var before = Stopwatch.GetTimestamp();
        _relay = await RelayProcess.StartAsync(host.Environment, RelayData, RelayLog, port, RelayReadyWithin, cancellationToken);
        tell($"Relay started as its own process in {Stopwatch.GetElapsedTime(before).TotalSeconds:0.0} s, listening on {_relay.Address.Host}:{_relay.Address.Port}.");
    }

    private string MakeDevices(RelayAddress relay)
    {
        using var a = Device.Init(Path.Combine(folder, "a"), "laptop-" + _marker);
        using var b = Device.Init(Path.Combine(folder, "b"), "phone-" + _marker);
        using var secret = GroupSecret.Random();
        a.CreateGroup(secret, [relay]);
        using var invite = a.CreateInvite();
        tell($"Two devices, each in its own directory: A {Display.Short(a.Id)}, B {Display.Short(b.Id)}. A started a group.");
        return invite.ToLink();
    }

    private void JoinB(string link)
    {
        using var device = Device.Open(Path.Combine(folder, "b"));
        if (!Invite.TryParse(link, out var invite, out var problem)) throw new CliException(ExitCode.Error, "The invite can't be read: " + problem);
        using (invite) device.JoinGroup(invite);
    }

    private async Task PushAsync(PushItem item, bool live, CancellationToken cancellationToken)
    {
        var bytes = item.Read();
        var at = host.Time.GetTimestamp();
        _pushed.Add((item, bytes, await _a!.Session.PushAsync(bytes, item.Label, cancellationToken), live ? at : null));
    }

    private async Task<IReadOnlyList<RelayTable>> LookIntoRelayAsync(CancellationToken cancellationToken)
    {
        var port = _relay!.Address.Port;
        var fingerprint = _relay.Address;
        if (await _relay.StopAsync() is var code and not 0) _failures.Add($"The relay ended with code {code} when it was stopped.");
        await _relay.DisposeAsync();
        var tables = RelayView.Tables(RelayData);
        tell("Relay stopped, its files read, started again on them. A reconnects by itself.");
        await StartRelayAsync(port, cancellationToken);
        if (!_relay.Address.Equals(fingerprint)) _failures.Add("The relay has another identity after its restart.");
        return tables;
    }

    private async Task<IReadOnlyList<DemoFile>> CompareAsync()
    {
        var arrivals = _b!.Arrivals.ToDictionary(x => x.Label ?? "");
        var files = new List<DemoFile>();
        foreach (var (item, bytes, pushed, pushedAt) in _pushed)
        {
            var cursor = await pushed.Durable;
            var arrival = arrivals.GetValueOrDefault(item.Label!);
            var isEqual = arrival?.File is { } file && SHA256.HashData(File.ReadAllBytes(file)).AsSpan().SequenceEqual(SHA256.HashData(bytes));
            if (!isEqual) _failures.Add($"{item.Label} differs on B.");
            var millis = arrival is not null && pushedAt is { } at ? host.Time.GetElapsedTime(at, arrival.At).TotalMilliseconds : (double?)null;
            files.Add(new DemoFile(item.Label!.Replace(_marker, "secret", StringComparison.Ordinal), bytes.Length, cursor, millis, isEqual));
        }

        if (_b.Arrivals.Count != _pushed.Count) _failures.Add($"B received {_b.Arrivals.Count} blobs; A pushed {_pushed.Count}.");
        return files;
    }

    private async Task<string> AnswerAsync(CancellationToken cancellationToken)
    {
        var reply = $"B to A: I have your {_pushed.Count} files ({_marker})";
        await (await _b!.Session.PushAsync(Encoding.UTF8.GetBytes(reply), null, cancellationToken)).Durable.WaitAsync(cancellationToken);
        await _a!.ArrivedAsync(1, cancellationToken);
        var got = Encoding.UTF8.GetString(_a.Arrivals.First().Payload);
        if (got != reply) _failures.Add("B's answer arrived changed on A.");
        if (!_a.Session.Status.Vector.Equals(_b.Session.Status.Vector)) _failures.Add("The version vectors of A and B differ.");
        _failures.AddRange(_a.Problems.Concat(_b.Problems));
        tell($"B answered, A received it. Both hold the same set of blobs: their version vectors are equal.");
        return got;
    }

    private (int Patterns, long Bytes) SearchRelay(string link, string reply, IReadOnlyList<PushItem> files)
    {
        List<(string, byte[])> patterns =
        [
            ("the marker (in a file, file name, device names and the answer)", Encoding.UTF8.GetBytes(_marker)),
            ("the invite", Encoding.ASCII.GetBytes(link[Invite.LinkPrefix.Length..])),
            ("B's answer", Encoding.UTF8.GetBytes(reply)),
        ];
        foreach (var file in files) patterns.Add(($"the file name {file.Label}", Encoding.UTF8.GetBytes(file.Label!)));
        foreach (var (item, bytes, _, _) in _pushed.Where(p => p.Bytes.Length >= PatternBytesMin)) patterns.Add(($"the beginning of {item.Label}", bytes[..Math.Min(bytes.Length, 32)]));

        var relayFiles = RelayView.Files(RelayData).Append(RelayLog).ToList();
        _failures.AddRange(RelayView.Search(relayFiles, patterns).Select(f => $"The relay's file {Path.GetFileName(f.File)} holds {f.Pattern} in clear."));

        // The search itself is tried on what the relay must have: a device's id. If that isn't found, "nothing found" would mean nothing.
        using var device = Device.Open(Path.Combine(folder, "a"));
        if (RelayView.Search(relayFiles, [("A's device id", device.Id.ToArray())]).Count == 0) _failures.Add("The search for plaintext did not even find A's device id, which the relay keeps: it proves nothing.");
        return (patterns.Count, relayFiles.Sum(f => new FileInfo(f).Length));
    }

    private async Task CloseAsync()
    {
        if (_a is not null) await _a.DisposeAsync();
        if (_b is not null) await _b.DisposeAsync();
        if (_relay is not null) await _relay.DisposeAsync();
        (_a, _b, _relay) = (null, null, null);
    }
}
