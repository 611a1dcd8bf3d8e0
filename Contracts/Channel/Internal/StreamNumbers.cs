namespace ZeroK.Channel.Internal;

/// <summary>Which numbers of side streams were used: each once, since it stands for keys.</summary>
/// <remarks>
/// Not only the next one is taken: the first bytes of two streams may arrive in either order, and a stream whose bytes are late must not hold up the others.
/// So it is a window behind the highest number, as against replays: bounded, and what is older than the window is refused, used or not.
/// </remarks>
internal sealed class StreamNumbers
{
    /// <summary>Bytes of a number on the wire.</summary>
    public const int Bytes = sizeof(uint);

    /// <summary>How far behind the highest number one may be.</summary>
    public const int Window = 64;

    private readonly Lock _gate = new();
    private uint _highest;
    private ulong _used;

    /// <summary>Takes a number; false if it was taken before, is 0, or lies too far behind.</summary>
    public bool TryUse(uint number)
    {
        if (number == 0) return false;
        lock (_gate)
        {
            if (number > _highest)
            {
                var ahead = number - _highest;
                _used = ahead < Window ? (_used << (int)ahead) | 1 : 1;
                _highest = number;
                return true;
            }

            var behind = _highest - number;
            if (behind >= Window || (_used >> (int)behind & 1) != 0) return false;
            _used |= 1UL << (int)behind;
            return true;
        }
    }
}
