using System.Globalization;
using System.Security.Cryptography;
using ZeroK.Bench.Relay;
using ZeroK.Wire;

namespace ZeroK.Bench.Abuse;

/// <summary>One session announces contents of a byte each, and sends nothing of them.</summary>
internal sealed class AnnouncedContents : IAttack
{
    public string Name => "contents";

    public async Task<string> RunAsync(RelayUnderTest relay, CancellationToken stop)
    {
        var (objects, refused) = (0, 0);
        using var group = new Group();
        try
        {
            await using var session = await group.JoinAsync(relay).WaitAsync(stop);
            while (!stop.IsCancellationRequested)
            {
                var pending = new List<Task<WireMessage>>();
                for (var n = 0; n < 32; n++) pending.Add(await session.SendAsync(new ContentPut(RandomNumberGenerator.GetBytes(32), 1)));
                foreach (var answer in await Task.WhenAll(pending).WaitAsync(stop))
                {
                    if (answer is ContentState { Code: ErrorCode.None }) objects++;
                    else refused++;
                }
            }
        }
        catch (Exception e) when (Expected.Is(e))
        {
            refused++;
        }

        return string.Create(CultureInfo.InvariantCulture, $"{objects:#,0} objects, {refused:#,0} refusals");
    }
}
