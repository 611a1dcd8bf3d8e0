namespace ZeroK.Gateway;

/// <summary>How many bytes of blobs may be written. A group has a small share of its own, which nobody else can use up; above it, its devices draw on their address's share, which all groups there have together.</summary>
/// <remarks>
/// So whoever makes groups and fills them is held to what one address may write, and the groups beside it keep theirs.
/// A group that is new here has gathered nothing yet, and costs its address <see cref="NewGroupBytes"/>. An address that
/// has anything left may write one more PUSH, however large, and a group that has gathered all it can likewise; the rest is owed.
/// </remarks>
internal sealed class WriteShare(GatewayOptions options, TimeProvider time)
{
    /// <summary>What a group costs its address the first time that it writes here: a row, an index, an activation.</summary>
    public const int NewGroupBytes = 256 * 1024;

    private const int GatherSeconds = 10;
    private const int BurstSeconds = 4;
    private const int KnownMax = 50_000;

    // Looking through all of them is too dear to be done for each push.
    private static readonly TimeSpan ForgetPeriod = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<Guid, Bucket> _byGroup = [];
    private readonly Dictionary<NetworkKey, Bucket> _byNetwork = [];
    private long? _forgotAt;

    /// <summary>Takes the bytes of a PUSH; false: nothing is taken, try again after <paramref name="retryAfterMs"/>.</summary>
    public bool TryTake(NetworkKey[] networks, Guid group, long bytes, out uint retryAfterMs)
    {
        retryAfterMs = 0;
        lock (_gate)
        {
            Forget();
            var isNew = !_byGroup.TryGetValue(group, out var own);
            own = isNew ? new Bucket(time.GetTimestamp(), 0) : own.Filled(time, options.WriteBytesPerGroupPerSecond, GroupMost);
            var needed = Math.Min(bytes, GroupMost);
            if (own.Tokens >= needed)
            {
                _byGroup[group] = own with { Tokens = own.Tokens - bytes };
                return true;
            }

            var counted = networks.Select(Counted).ToArray();
            var wait = counted.Max(n => (1 - Of(n).Tokens) / PerSecond(n.Size));
            if (wait > 0)
            {
                // A group that was refused gathers from then on.
                if (_byGroup.Count < KnownMax) _byGroup[group] = own;
                retryAfterMs = RetryAfterMs(Math.Min(wait, (needed - own.Tokens) / options.WriteBytesPerGroupPerSecond));
                return false;
            }

            foreach (var network in counted) _byNetwork[network] = Of(network) is var bucket ? bucket with { Tokens = bucket.Tokens - bytes - (isNew ? NewGroupBytes : 0) } : default;
            if (_byGroup.Count < KnownMax) _byGroup[group] = own;
            return true;
        }
    }

    private double GroupMost => (double)options.WriteBytesPerGroupPerSecond * GatherSeconds;

    private double PerSecond(NetworkSize size) => options.WriteBytesPerAddressPerSecond * size switch { NetworkSize.Address => 1.0, NetworkSize.Site => 2.0, _ => 5.0 };

    private Bucket Of(NetworkKey network)
    {
        var rate = PerSecond(network.Size);
        return _byNetwork.TryGetValue(network, out var known) ? known.Filled(time, rate, rate * BurstSeconds) : new Bucket(time.GetTimestamp(), rate * BurstSeconds);
    }

    // Networks beyond those that are remembered share one bucket of each size.
    private NetworkKey Counted(NetworkKey network) => _byNetwork.Count < KnownMax || _byNetwork.ContainsKey(network) ? network : network with { Name = "" };

    private static uint RetryAfterMs(double seconds) => (uint)Math.Clamp(Math.Ceiling(seconds * 1000), 100, 60_000);

    // A network's bucket that is full again says nothing that a new one doesn't; a group's is forgotten when there are too many, and gathers anew.
    private void Forget()
    {
        if ((_byNetwork.Count < KnownMax && _byGroup.Count < KnownMax) || (_forgotAt is { } at && time.GetElapsedTime(at) < ForgetPeriod)) return;
        _forgotAt = time.GetTimestamp();
        foreach (var network in _byNetwork.Keys.Where(n => Of(n).Tokens >= PerSecond(n.Size) * BurstSeconds).ToList()) _byNetwork.Remove(network);
        foreach (var group in _byGroup.Where(g => g.Value.Filled(time, options.WriteBytesPerGroupPerSecond, GroupMost).Tokens >= GroupMost).Select(g => g.Key).ToList()) _byGroup.Remove(group);
    }
}
