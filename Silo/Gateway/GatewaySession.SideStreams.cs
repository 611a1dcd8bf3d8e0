using System.Collections.Concurrent;
using ZeroK.Channel;

namespace ZeroK.Gateway;

// Side streams: where the transport has streams, each of the client's transfers may have one of its own. They go with the session.
internal sealed partial class GatewaySession
{
    // Above the limit a stream is refused with a word; so many words at once at most.
    private const int RefusedStreamsMax = 4;

    private ConcurrentDictionary<SideStream, byte>? _sides;
    private Task _acceptingSides = Task.CompletedTask;
    private int _sidesOpen;

    /// <summary>Side streams that this session may have at once; 0: none.</summary>
    private uint SideStreamsMax => _channel.HasSideStreams && _context.Contents is not null ? (uint)_context.Options.StreamsMax : 0;

    private bool AreSidesIdle => _sides is null || _sides.Keys.All(s => s.IsIdle);

    /// <summary>Ends side streams that their client has forgotten.</summary>
    public async Task EndForgottenSidesAsync()
    {
        foreach (var side in _sides?.Keys ?? [])
        {
            if (side.IsForgotten) await side.AbortAsync();
        }
    }

    private void BeginSides(ContentRequests contents)
    {
        if (SideStreamsMax == 0) return;
        _sides = new ConcurrentDictionary<SideStream, byte>();
        _acceptingSides = AcceptSidesAsync(contents, _sides);
    }

    private async Task AcceptSidesAsync(ContentRequests contents, ConcurrentDictionary<SideStream, byte> sides)
    {
        try
        {
            while (true)
            {
                var arrived = await _channel.AcceptSideStreamAsync();
                var open = Interlocked.Increment(ref _sidesOpen);
                if (open > SideStreamsMax + RefusedStreamsMax || _closing is not null)
                {
                    Interlocked.Decrement(ref _sidesOpen);
                    await arrived.DisposeAsync();
                    continue;
                }

                var side = new SideStream(_context, Device, contents, Heard, () => _closing is not null);
                sides[side] = 0;
                _ = RunSideAsync(side, arrived, open <= SideStreamsMax, sides);
            }
        }
        catch (ChannelException ended)
        {
            LogBroken(_context.Log, ended.Failure);
        }
        catch (Exception fault)
        {
            LogSessionFault(_context.Log, fault.GetType().Name, fault.StackTrace);
        }
    }

    private async Task RunSideAsync(SideStream side, IArrivedStream arrived, bool isWelcome, ConcurrentDictionary<SideStream, byte> sides)
    {
        await Task.Yield();
        _context.Instruments.SideStream(1);
        await side.RunAsync(arrived, isWelcome, () => Interlocked.Decrement(ref _sidesOpen));
        _context.Instruments.SideStream(-1);
        sides.TryRemove(side, out _);
    }

    private void Heard() => Volatile.Write(ref _lastHeard, _context.Time.GetTimestamp());

    // What was accepted on them is finished, as on the main stream.
    private Task SidesIdleAsync() => Task.WhenAll(_sides?.Keys.Select(s => s.IdleAsync()) ?? []);

    // The channel is gone: each ends now.
    private async Task SidesEndedAsync()
    {
        await _acceptingSides;
        await Task.WhenAll(_sides?.Keys.Select(s => s.Ended) ?? []);
    }
}
