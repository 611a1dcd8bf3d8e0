using System.Collections.Concurrent;
using NSec.Cryptography;
using ZeroK.Chaos.History;
using ZeroK.Wire;

namespace ZeroK.Chaos.Cluster;

/// <summary>Reads its group to the head, records what it gets, acknowledges it; woken by NOTIFY, and by its own look every two seconds for when one was lost.</summary>
internal sealed class Reader(Nodes nodes, Key admission, string label, Func<DeviceId, string> nameOf, int seed, Func<long> nowUs) : Member(nodes, admission, seed, nowUs)
{
    private static readonly TimeSpan OwnCheck = TimeSpan.FromSeconds(2);

    private readonly SemaphoreSlim _news = new(0, 1);
    private readonly ConcurrentQueue<Delivery> _got = new();

    public string Label => label;

    public IReadOnlyCollection<Delivery> Deliveries => _got;

    public ulong Received { get; private set; }

    public ulong Head { get; private set; }

    /// <summary>Pages whose cursors did not follow from what was asked; a run with one has failed.</summary>
    public string? Broken { get; private set; }

    public override void Dispose()
    {
        _news.Dispose();
        base.Dispose();
    }

    protected override void Unasked(WireMessage message)
    {
        if (message is not Notify) return;
        try
        {
            if (_news.CurrentCount == 0) _news.Release();
        }
        catch (SemaphoreFullException)
        {
            // Two NOTIFY at once: one look answers both.
            Head = Math.Max(Head, Received);
        }
    }

    protected override async Task LiveAsync(WireSession session, CancellationToken cancellationToken)
    {
        if (session.Welcome.Head.Value < Received) Broken ??= $"{label}: the head went back to {session.Welcome.Head} below {Received}";
        while (true)
        {
            var page = await session.RequestAsync<PullResponse>(new Pull(new Cursor(Received), 100, 1 << 20), Patience, cancellationToken).ConfigureAwait(false);
            Take(page);
            if (page.Blobs.Count > 0) await session.TellAsync(new Ack(new Cursor(Received)), cancellationToken).ConfigureAwait(false);
            if (page.Through >= page.Head) await _news.WaitAsync(OwnCheck, cancellationToken).ConfigureAwait(false);
        }
    }

    private void Take(PullResponse page)
    {
        if (page.Head.Value < Head) Broken ??= $"{label}: the head went back from {Head} to {page.Head}";
        Head = Math.Max(Head, page.Head.Value);
        if (page.Blobs.Count == 0) return;
        if (page.Start.Value > Received + 1) Broken ??= $"{label}: cursors {Received + 1} to {page.Start.Value - 1} are not kept";
        foreach (var blob in page.Blobs)
        {
            if (blob.Cursor.Value <= Received) Broken ??= $"{label}: cursor {blob.Cursor} came after {Received}";
            Received = blob.Cursor.Value;
            if (blob.State == BlobState.Present) _got.Enqueue(new Delivery(label, nameOf(blob.Sender), blob.Sequence, blob.Cursor.Value, Pusher.DigestOf(blob.Envelope.Span), NowUs, NowUs));
        }
    }
}
