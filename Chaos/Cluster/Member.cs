using NSec.Cryptography;
using ZeroK.Noise;
using ZeroK.Transport;
using ZeroK.Wire;

namespace ZeroK.Chaos.Cluster;

/// <summary>A device that stays with a cluster: when its session ends or falls silent it goes to another relay, and begins again from what it knows.</summary>
internal abstract class Member(Nodes nodes, Key admission, int seed, Func<long> nowUs) : IDisposable
{
    /// <summary>A relay that answers nothing for so long is left.</summary>
    protected static readonly TimeSpan Patience = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan ConnectPatience = TimeSpan.FromSeconds(2.5);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    // A relay that just failed is tried last for a while: a frozen one would cost its patience at each turn.
    private const long PenaltyUs = 15_000_000;

    private readonly TcpTransport _transport = new();
    private readonly DeviceIdentity _device = DeviceIdentity.Generate();
    private readonly Random _random = new(seed);
    private readonly long[] _failedUs = [.. nodes.Relays.Select(_ => long.MinValue / 2)];

    public DeviceId Device => new(_device.Id.Span);

    /// <summary>How sessions ended that had begun, and how often.</summary>
    public SessionEnds Ends { get; } = new();

    /// <summary>Sessions begun.</summary>
    public int Sessions { get; private set; }

    protected long NowUs => nowUs();

    protected Random Random => _random;

    /// <summary>Stays until asked to stop.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            var relay = Choose();
            try
            {
                await using var session = await WireSession.OpenAsync(_transport, nodes.EndpointOf(relay), nodes.Fingerprint, _device, admission, ConnectPatience, Unasked, stop).ConfigureAwait(false);
                Sessions++;
                await StayAsync(session, stop).ConfigureAwait(false);
            }
            catch (Exception e) when (e is SessionEndedException or OperationCanceledException)
            {
                if (stop.IsCancellationRequested) return;
            }

            _failedUs[relay] = NowUs;
            await Task.Delay(Pause * (0.5 + _random.NextDouble()), TimeProvider.System, CancellationToken.None).ConfigureAwait(false);
        }
    }

    public virtual void Dispose() => _device.Dispose();

    /// <summary>What it does while it has a session.</summary>
    protected abstract Task LiveAsync(WireSession session, CancellationToken cancellationToken);

    protected virtual void Unasked(WireMessage message) { }

    private async Task StayAsync(WireSession session, CancellationToken stop)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, session.Over);
        try
        {
            await LiveAsync(session, either.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is SessionEndedException or OperationCanceledException)
        {
            if (!stop.IsCancellationRequested) Ends.Add(session.Bye?.Code, e as SessionEndedException);
        }
    }

    private int Choose()
    {
        var well = Enumerable.Range(0, _failedUs.Length).Where(i => NowUs - _failedUs[i] > PenaltyUs).ToList();
        return well.Count > 0 ? well[_random.Next(well.Count)] : Array.IndexOf(_failedUs, _failedUs.Min());
    }
}
