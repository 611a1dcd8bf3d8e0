using System.Globalization;
using ZeroK.Bench.Relay;
using ZeroK.Wire;

namespace ZeroK.Bench.Abuse;

/// <summary>Blobs of one byte, 256 in a PUSH, over eight groups: an entry costs memory, its bytes hardly count.</summary>
internal sealed class TinyBlobs : IAttack
{
    public string Name => "entries";

    public async Task<string> RunAsync(RelayUnderTest relay, CancellationToken stop)
    {
        var (entries, refused) = (0L, 0);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                try
                {
                    using var group = new Group();
                    await using var session = await group.JoinAsync(relay).WaitAsync(stop);
                    ulong sequence = 0;
                    while (!stop.IsCancellationRequested)
                    {
                        var blobs = Enumerable.Range(0, WireLimits.PushBlobsMax).Select(_ => new PushBlob(BlobId.New(), ++sequence, new byte[1])).ToArray();
                        var ack = await session.RequestAsync<PushAck>(new Push(blobs)).WaitAsync(stop);
                        Interlocked.Add(ref entries, ack.Results.Count(r => r.Code is ErrorCode.None));
                        if (ack.Results.Any(r => r.Code is not ErrorCode.None)) throw new InvalidOperationException("refused");
                    }
                }
                catch (Exception e) when (Expected.Is(e))
                {
                    Interlocked.Increment(ref refused);
                    await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
                }
            }
        })));
        return string.Create(CultureInfo.InvariantCulture, $"{entries:#,0} entries, {refused} refusals");
    }
}
