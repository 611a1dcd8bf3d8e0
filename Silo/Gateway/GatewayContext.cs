using Microsoft.Extensions.Logging;
using ZeroK.Channel;
using ZeroK.GrainContracts;
using ZeroK.Noise;
using ZeroK.Storage.Content;
using ZeroK.Transport;
using ZeroK.Wire;

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
    public WriteShare Writes { get; } = new(options, time);
    public InFlightBudget Budget => Frames.All;
    public FrameBudget Frames { get; } = new(new InFlightBudget(options.BytesMax, new MemoryWatch(options.MemoryPercentMax, time)), options.BytesMax / 2);

    /// <summary>Turns to read a page. Each is charged at its largest while it is read: as many as half of the budget has room for.</summary>
    public SemaphoreSlim Pulls { get; } = new((int)Math.Clamp(options.BytesMax / 2 / PageBytesMax(options, uint.MaxValue), 1, options.PullsMax));

    /// <summary>What a page may take, at most, when so many envelope bytes are asked for: a single blob always fits, and each entry has a few bytes beside its envelope.</summary>
    public static long PageBytesMax(GatewayOptions options, uint asked) =>
        Math.Max(Math.Min(asked, options.PullBytesMax), options.EnvelopeBytesMax) + options.PullBlobsMax * EntryBytes;

    /// <summary>Bytes of an entry in a page beside its envelope.</summary>
    public const long EntryBytes = 128;

    /// <summary>Unix milliseconds.</summary>
    public ulong NowMs => UnixMs.Now(Time);

    public void Dispose()
    {
        Rates.Dispose();
        Pulls.Dispose();
        LargeBodies?.Dispose();
    }
}
