using System.Globalization;
using ZeroK.Bench.Relay;
using ZeroK.Wire;

namespace ZeroK.Bench.Abuse;

/// <summary>A stranger makes groups and fills each with blobs of 1 MiB: groups cost nothing.</summary>
internal sealed class ManyGroups : IAttack
{
    public string Name => "groups";

    public async Task<string> RunAsync(RelayUnderTest relay, CancellationToken stop)
    {
        var (groups, bytes, refused) = (0, 0L, 0);
        var body = Group.Body(1024 * 1024);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                try
                {
                    using var group = new Group();
                    await using var session = await group.JoinAsync(relay).WaitAsync(stop);
                    Interlocked.Increment(ref groups);
                    for (ulong n = 1; n <= 99 && !stop.IsCancellationRequested; n++)
                    {
                        var ack = await session.RequestAsync<PushAck>(new Push([new PushBlob(BlobId.New(), n, body)])).WaitAsync(stop);
                        if (ack.Results[0].Code is not ErrorCode.None) throw new InvalidOperationException("refused");
                        Interlocked.Add(ref bytes, body.Length);
                    }
                }
                catch (Exception e) when (Expected.Is(e))
                {
                    Interlocked.Increment(ref refused);
                    await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
                }
            }
        })));
        return string.Create(CultureInfo.InvariantCulture, $"{groups} groups, {bytes / 1e6:#,0} MB, {refused} refusals");
    }
}
