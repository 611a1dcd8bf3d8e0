using System.Collections.Concurrent;
using System.Security.Cryptography;
using NSec.Cryptography;
using ZeroK.Chaos.History;
using ZeroK.Wire;

namespace ZeroK.Chaos.Cluster;

/// <summary>Pushes at a steady rate whether or not the cluster answers; what is not acknowledged waits and is sent again, in order, under the same ids.</summary>
internal sealed class Pusher(Nodes nodes, Key admission, string label, int bodyBytes, int seed, Func<long> nowUs) : Member(nodes, admission, seed, nowUs)
{
    private const int BatchMax = 64;

    private readonly Lock _gate = new();
    private readonly Queue<Waiting> _pending = new();
    private readonly SemaphoreSlim _more = new(0);
    private readonly ConcurrentQueue<PushCall> _done = new();
    private ulong _lastSequence;

    public string Label => label;

    /// <summary>What was acknowledged, in that order.</summary>
    public IReadOnlyCollection<PushCall> Acknowledged => _done;

    public int Pending
    {
        get { lock (_gate) return _pending.Count; }
    }

    /// <summary>What is waiting still: pushes without an outcome.</summary>
    public IReadOnlyList<PushCall> Unknown
    {
        get { lock (_gate) return [.. _pending.Select(p => p.Call(null, CallOutcome.Unknown, 0))]; }
    }

    /// <summary>When the oldest push that waits was made; null if none waits.</summary>
    public long? WaitingSinceUs
    {
        get { lock (_gate) return _pending.TryPeek(out var first) ? first.StartUs : null; }
    }

    /// <summary>A refusal that no cluster's failure excuses; a run with one has failed.</summary>
    public string? Broken { get; private set; }

    /// <summary>The app pushes one blob.</summary>
    public void Push()
    {
        var body = new byte[bodyBytes];
        lock (_gate)
        {
            Random.NextBytes(body);
            _pending.Enqueue(new Waiting(label, ++_lastSequence, BlobId.New(), body, NowUs));
        }

        _more.Release();
    }

    public override void Dispose()
    {
        _more.Dispose();
        base.Dispose();
    }

    protected override async Task LiveAsync(WireSession session, CancellationToken cancellationToken)
    {
        while (true)
        {
            List<Waiting> batch;
            lock (_gate) batch = [.. _pending.Take(BatchMax)];
            if (batch.Count == 0)
            {
                await _more.WaitAsync(cancellationToken).ConfigureAwait(false);
                continue;
            }

            var ack = await session.RequestAsync<PushAck>(new Push([.. batch.Select(b => new PushBlob(b.Id, b.Sequence, b.Body))]), Patience, cancellationToken).ConfigureAwait(false);
            if (!Take(ack)) await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, cancellationToken).ConfigureAwait(false);
        }
    }

    // False if something was refused for now.
    private bool Take(PushAck ack)
    {
        foreach (var result in ack.Results)
        {
            if (result.Code is ErrorCode.SequenceConflict or ErrorCode.Unauthorized or ErrorCode.DeviceRevoked or ErrorCode.GroupQuotaExceeded) Broken ??= $"{label}: {result.Code}";
            if (result.Code != ErrorCode.None) return false;
            Waiting first;
            lock (_gate) first = _pending.Dequeue();
            if (first.Id != result.Id) Broken ??= $"{label}: an acknowledgement came out of order";
            _done.Enqueue(first.Call(NowUs, CallOutcome.Acknowledged, result.Cursor.Value));
        }

        return true;
    }

    private sealed record Waiting(string Label, ulong Sequence, BlobId Id, byte[] Body, long StartUs)
    {
        public PushCall Call(long? endUs, CallOutcome outcome, ulong cursor) => new(Label, Sequence, DigestOf(Body), StartUs, endUs, outcome, cursor);
    }

    internal static string DigestOf(ReadOnlySpan<byte> body) => Convert.ToHexStringLower(SHA256.HashData(body).AsSpan(0, 8));
}
