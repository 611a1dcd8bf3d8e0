using System.Diagnostics;
using System.Diagnostics.Metrics;
using ZeroK.Transport;
using ZeroK.Wire;

namespace ZeroK.Client;

/// <summary>What the client library measures and traces. Add <see cref="MeterName"/> and <see cref="ActivitySourceName"/> to OpenTelemetry, or to any other listener. No tag names a group, a device, a relay or a blob.</summary>
/// <remarks>
/// <para>Instruments: <c>zerok.client.pushed</c> (blobs accepted into the outbox), <c>zerok.client.push.duration</c> (s, from the call until it is durable in the outbox), <c>zerok.client.durable</c> (blobs acknowledged by the primary relay), <c>zerok.client.durable.duration</c> (s, from the outbox to that acknowledgement), <c>zerok.client.pending</c> (blobs that no relay has), <c>zerok.client.fetched</c> (blobs handed to the inbox), <c>zerok.client.acknowledged</c> (blobs that the app acknowledged), <c>zerok.client.connections</c> (tag transport), <c>zerok.client.failures</c> (tags code, permanent), <c>zerok.client.problems</c> (tag kind: the event's name).</para>
/// <para>Activities: <c>zerok.push</c> (a call of PushAsync), <c>zerok.connect</c> (dial), <c>zerok.greet</c> (handshake and HELLO), <c>zerok.follow</c> (both, at the address that the relay named), <c>zerok.send</c> (one PUSH; tag blobs), <c>zerok.pull</c> (one page; tag blobs).</para>
/// </remarks>
public static class ClientTelemetry
{
    /// <summary>The meter's name.</summary>
    public const string MeterName = "ZeroK.Client";

    /// <summary>The activity source's name.</summary>
    public const string ActivitySourceName = "ZeroK.Client";

    private static readonly Meter Meter = new(MeterName);
    private static readonly Counter<long> PushedBlobs = Meter.CreateCounter<long>("zerok.client.pushed", "{blob}", "Blobs accepted into the outbox.");
    private static readonly Histogram<double> PushSeconds = Meter.CreateHistogram<double>("zerok.client.push.duration", "s", "From the call until durable in the outbox.");
    private static readonly Counter<long> DurableBlobs = Meter.CreateCounter<long>("zerok.client.durable", "{blob}", "Blobs acknowledged by the primary relay.");
    private static readonly Histogram<double> DurableSeconds = Meter.CreateHistogram<double>("zerok.client.durable.duration", "s", "From the outbox to the primary relay's acknowledgement.");
    private static readonly UpDownCounter<long> PendingBlobs = Meter.CreateUpDownCounter<long>("zerok.client.pending", "{blob}", "Blobs that no relay has.");
    private static readonly Counter<long> FetchedBlobs = Meter.CreateCounter<long>("zerok.client.fetched", "{blob}", "Blobs of other devices handed to the inbox.");
    private static readonly Counter<long> AcknowledgedBlobs = Meter.CreateCounter<long>("zerok.client.acknowledged", "{blob}", "Blobs that the app acknowledged.");
    private static readonly Counter<long> Connections = Meter.CreateCounter<long>("zerok.client.connections", "{session}", "Sessions that began.");
    private static readonly Counter<long> Failures = Meter.CreateCounter<long>("zerok.client.failures", "{failure}", "Tries and sessions that failed.");
    private static readonly Counter<long> ProblemEvents = Meter.CreateCounter<long>("zerok.client.problems", "{event}", "Events that say that data is missing, can't be opened, or was refused.");

    internal static ActivitySource Source { get; } = new(ActivitySourceName);

    internal static void Pushed(long blobs)
    {
        PushedBlobs.Add(blobs);
    }

    internal static void PushTook(TimeSpan time) => PushSeconds.Record(time.TotalSeconds);

    internal static void Durable(TimeSpan since)
    {
        DurableBlobs.Add(1);
        DurableSeconds.Record(since.TotalSeconds);
    }

    internal static void Pending(long change)
    {
        if (change != 0) PendingBlobs.Add(change);
    }

    internal static void Fetched() => FetchedBlobs.Add(1);

    internal static void Acknowledged(long blobs)
    {
        if (blobs > 0) AcknowledgedBlobs.Add(blobs);
    }

    internal static void Happened(SyncEvent happened)
    {
        switch (happened)
        {
            case Connected connected:
                Connections.Add(1, KeyValuePair.Create<string, object?>("transport", TransportOf(connected.Transport)));
                break;
            case Disconnected:
                Failures.Add(1, KeyValuePair.Create<string, object?>("code", nameof(ErrorCode.None)), KeyValuePair.Create<string, object?>("permanent", false));
                break;
            case Refused refused:
                Failures.Add(1, KeyValuePair.Create<string, object?>("code", Enum.IsDefined(refused.Code) ? refused.Code.ToString() : "Unknown"), KeyValuePair.Create<string, object?>("permanent", true));
                break;
            case HistoryBegins or PrimaryChanged or Deleted or DeviceBlocked or Reordered or GivenUp:
                break;
            default:
                ProblemEvents.Add(1, KeyValuePair.Create<string, object?>("kind", happened.GetType().Name));
                break;
        }
    }

    private static string TransportOf(TransportKind kind) => kind switch
    {
        TransportKind.Quic => "quic",
        TransportKind.Tcp => "tcp",
        _ => "other",
    };
}
