using System.Runtime.InteropServices;
using ZeroK.Channel;

namespace ZeroK.Gateway;

/// <summary>Each address's share of <see cref="FrameBudget"/>: whoever begins many frames at one address and ends none leaves room for the others.</summary>
internal sealed class FrameShares(FrameBudget all, long bytesPerAddressMax)
{
    // A largest frame must fit beside a smaller one.
    private const long BytesMin = 8 * 1024 * 1024;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, AddressFrames> _byAddress = [];

    /// <summary>An address's share: a quarter of what begun frames may have, which is half of all bytes under way.</summary>
    public static long BytesOf(long bytesMax) => Math.Clamp(bytesMax / 8, Math.Min(BytesMin, bytesMax / 2), bytesMax / 2);

    /// <summary>Addresses that have connections.</summary>
    public int Addresses
    {
        get { lock (_gate) return _byAddress.Count; }
    }

    /// <summary>The share of a connection's address. Disposing it says that the connection has ended.</summary>
    public FrameShare Of(string remoteAddress)
    {
        var key = AddressKey.Of(remoteAddress);
        lock (_gate)
        {
            ref var here = ref CollectionsMarshal.GetValueRefOrAddDefault(_byAddress, key, out _);
            here ??= new AddressFrames(all, bytesPerAddressMax);
            here.Connections++;
            return new FrameShare(this, here, key);
        }
    }

    internal void Leave(AddressFrames frames, string key)
    {
        lock (_gate)
        {
            if (--frames.Connections == 0) _byAddress.Remove(key);
        }
    }
}

/// <summary>One connection's use of its address's share.</summary>
internal sealed class FrameShare(FrameShares shares, AddressFrames frames, string key) : IDisposable
{
    private int _left;

    /// <summary>What the connection's frames are counted in.</summary>
    public IFrameBudget Budget => frames;

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _left, 1) == 0) shares.Leave(frames, key);
    }
}

/// <summary>Begun frames of one address, in its share and in all.</summary>
internal sealed class AddressFrames(FrameBudget all, long bytesMax) : IFrameBudget
{
    private long _bytes;

    /// <summary>Connections that use it; the shares', under their lock.</summary>
    internal int Connections { get; set; }

    // As in the whole budget, a single frame always fits into an empty share.
    public bool TryTake(long bytes)
    {
        lock (all.Gate)
        {
            if ((_bytes + bytes > bytesMax && _bytes > 0) || !all.TryTake(bytes)) return false;
            _bytes += bytes;
            return true;
        }
    }

    public ValueTask TakeAsync(long bytes, CancellationToken cancellationToken) => all.WaitAsync(this, bytes, cancellationToken);

    public void Take(long bytes)
    {
        lock (all.Gate)
        {
            _bytes += bytes;
            all.Take(bytes);
        }
    }

    public void Give(long bytes)
    {
        // Its own first: who waits is woken by the other.
        lock (all.Gate) _bytes -= bytes;
        all.Give(bytes);
    }
}
