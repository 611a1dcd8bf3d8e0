using Microsoft.Extensions.Logging;
using ZeroK.Channel;
using ZeroK.GrainContracts;
using ZeroK.Noise;
using ZeroK.Storage.Content;
using ZeroK.Transport;

namespace ZeroK.Gateway;

/// <summary>Runs the handshake on a connection; <see cref="SecureChannel.AcceptAsync"/> but in tests.</summary>
internal delegate ValueTask<IFrameChannel> AcceptChannel(IConnection connection, StaticIdentity local, ChannelOptions options, CancellationToken cancellationToken);

/// <summary>What all sessions of a gateway share.</summary>
internal sealed class GatewayContext(GatewayOptions options, SiloAddress silo, GroupKey pseudonyms, IGroups groups, SessionRegistry sessions, GatewayInstruments instruments, TimeProvider time, ILoggerFactory logs, ContentService? contents = null, LargeBodyStore? largeBodies = null) : IDisposable
{
    public GatewayOptions Options { get; } = options;
    public SiloAddress Silo { get; } = silo;
    public GroupKey Pseudonyms { get; } = pseudonyms;
    public IGroups Groups { get; } = groups;
    public SessionRegistry Sessions { get; } = sessions;
    public GatewayInstruments Instruments { get; } = instruments;
    public TimeProvider Time { get; } = time;

    /// <summary>Null: this relay keeps no contents.</summary>
    public ContentService? Contents { get; } = contents;

    /// <summary>Null: all bodies go inline.</summary>
    public LargeBodies? LargeBodies { get; } = largeBodies is null ? null : new(largeBodies, options, new MemoryWatch(options.MemoryPercentMax, time), time, logs.CreateLogger<LargeBodies>());

    public ILogger Log { get; } = logs.CreateLogger<GatewaySession>();
    public GroupCaller Caller { get; } = new(options, time, instruments, logs.CreateLogger<GroupCaller>());
    public MessageRates Rates { get; } = new(options);
    public InFlightBudget Budget { get; } = new(options.BytesMax, new MemoryWatch(options.MemoryPercentMax, time));
    public SemaphoreSlim Pulls { get; } = new(options.PullsMax);

    /// <summary>Unix milliseconds.</summary>
    public ulong NowMs => (ulong)Time.GetUtcNow().ToUnixTimeMilliseconds();

    public void Dispose()
    {
        Rates.Dispose();
        Pulls.Dispose();
        LargeBodies?.Dispose();
    }
}
