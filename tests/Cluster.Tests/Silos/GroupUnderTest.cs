using System.Collections.Concurrent;
using System.Security.Cryptography;
using Orleans.Concurrency;
using ZeroK.Chaos.History;
using ZeroK.Chaos.Judges;
using ZeroK.GrainContracts;
using ZeroK.Wire;

namespace ZeroK.Cluster.Tests.Silos;

/// <summary>One group with a pusher and a reader, each connected to a silo of its own, which call it as gateways do, and again until they have an answer: from the next silo when theirs breaks. What they saw is a history.</summary>
internal sealed class GroupUnderTest(SiloCluster cluster, int number)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    private readonly byte[] _key = RandomNumberGenerator.GetBytes(32);
    private readonly byte[] _pusher = RandomNumberGenerator.GetBytes(DeviceId.Size);
    private readonly byte[] _reader = RandomNumberGenerator.GetBytes(DeviceId.Size);
    private readonly ConcurrentQueue<PushCall> _acknowledged = new();
    private readonly ConcurrentQueue<Delivery> _read = new();
    private readonly long _start = TimeProvider.System.GetTimestamp();
    private PushCall? _waiting;
    private ulong _received;
    private ulong _head;

    public Guid Id { get; } = Guid.NewGuid();

    public int Acknowledged => _acknowledged.Count;

    /// <summary>Whether all that was acknowledged was read.</summary>
    public bool IsRead => _read.Count >= _acknowledged.Count;

    private string Label => FormattableString.Invariant($"g{number}");

    private long NowUs => (long)TimeProvider.System.GetElapsedTime(_start).TotalMicroseconds;

    public async Task JoinAsync(CancellationToken stop)
    {
        foreach (var device in new[] { _pusher, _reader })
            await UntilAsync(number, async grain => (await grain.HelloAsync(new HelloRequest(device, cluster.Gateway, _key, true, true, []).AsImmutable())).Code == ErrorCode.None, stop);
    }

    /// <summary>A device asks from this silo until it has an answer: the group has an owner that the silo reaches.</summary>
    public async Task AskFromAsync(int silo, CancellationToken stop)
    {
        while (await UntilAsync(silo, async grain => (await grain.PresenceAsync(new DeviceRequest(_reader, cluster.Gateway).AsImmutable())).Code == ErrorCode.None, stop) != silo) stop.ThrowIfCancellationRequested();
    }

    /// <summary>Pushes one blob after the other, each until it is acknowledged.</summary>
    public async Task PushAsync(CancellationToken enough, CancellationToken stop)
    {
        var silo = number;
        for (ulong sequence = 1; !enough.IsCancellationRequested; sequence++)
        {
            var item = new PushItem(RandomNumberGenerator.GetBytes(BlobId.Size), sequence, RandomNumberGenerator.GetBytes(200));
            _waiting = new PushCall(Label, sequence, DigestOf(item.Envelope!), NowUs, null, CallOutcome.Unknown, 0);
            var cursor = 0UL;
            silo = await UntilAsync(
                silo,
                async grain =>
                {
                    var reply = await grain.PushAsync(new PushRequest(_pusher, cluster.Gateway, [item]).AsImmutable());
                    if (reply.Code != ErrorCode.None || reply.Results[0].Code != ErrorCode.None) return false;
                    cursor = reply.Results[0].Cursor;
                    return true;
                },
                stop);
            _acknowledged.Enqueue(_waiting with { EndUs = NowUs, Outcome = CallOutcome.Acknowledged, Cursor = cursor });
            _waiting = null;
        }
    }

    /// <summary>Reads from where it is until told to stop.</summary>
    public async Task ReadAsync(CancellationToken stop)
    {
        var silo = number + 1;
        while (!stop.IsCancellationRequested)
        {
            silo = await UntilAsync(
                silo,
                async grain =>
                {
                    var page = await grain.PullAsync(new PullRequest(_reader, cluster.Gateway, _received, 100, 1 << 20).AsImmutable());
                    if (page.Code != ErrorCode.None) return false;
                    _head = Math.Max(_head, page.Head);
                    foreach (var blob in page.Blobs)
                    {
                        _read.Enqueue(new Delivery(Label + "r", Label, blob.Sequence, blob.Cursor, DigestOf(blob.Envelope), NowUs, NowUs));
                        _received = blob.Cursor;
                    }

                    return page.Blobs.Length > 0;
                },
                stop);
        }
    }

    /// <summary>What the judges found wrong; empty if nothing.</summary>
    public IEnumerable<string> Judge()
    {
        var contiguous = 0UL;
        foreach (var delivery in _read.OrderBy(d => d.Sequence))
        {
            if (delivery.Sequence == contiguous + 1) contiguous++;
        }

        var history = new RunHistory
        {
            Pushes = [.. _acknowledged, .. _waiting is null ? [] : new[] { _waiting }],
            Deliveries = [.. _read],
            Ends =
            [
                new EndState(Label, FormattableString.Invariant($"{Label}={_acknowledged.Count}"), _head, _head, 0),
                new EndState(Label + "r", FormattableString.Invariant($"{Label}={contiguous}"), _received, _head, 0),
            ],
        };
        return HistoryJudges.All.Select(j => j.Decide(history)).Where(v => v.Judge != "reads are monotonic" || v.Checked > 0).Where(v => !v.Passed).Select(v => $"{Label}: {v}");
    }

    // Whatever the cluster answers, or throws: as a device does, it tries again, elsewhere when a call broke. Returns the silo that did it.
    private async Task<int> UntilAsync(int silo, Func<IGroupGrain, Task<bool>> done, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                if (await done(cluster.GrainsFrom(silo).GetGrain<IGroupGrain>(Id)).WaitAsync(2 * SiloCluster.ResponseTimeout, TimeProvider.System, CancellationToken.None)) break;
            }
            catch (Exception) when (!stop.IsCancellationRequested)
            {
                silo++;
            }

            await Task.Delay(Pause, TimeProvider.System, CancellationToken.None);
        }

        return silo;
    }

    private static string DigestOf(byte[] body) => Convert.ToHexStringLower(SHA256.HashData(body).AsSpan(0, 8));
}
