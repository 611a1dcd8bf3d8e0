using System.Diagnostics.Metrics;
using ZeroK.Wire;

namespace ZeroK.Gateway;

/// <summary>What the gateway counts. Labels are codes, types and kinds: never an id or an address.</summary>
public sealed class GatewayInstruments
{
    /// <summary>The meter's name.</summary>
    public const string MeterName = "ZeroK.Relay";

    private readonly Counter<long> _handshakes;
    private readonly Counter<long> _refused;
    private readonly Counter<long> _messages;
    private readonly Counter<long> _notifies;
    private readonly Counter<long> _blobBytes;
    private readonly Counter<long> _callFailures;
    private readonly Counter<long> _sessionsEnded;
    private readonly UpDownCounter<long> _sideStreams;
    private readonly Histogram<double> _push;
    private readonly Meter _meter;

    public GatewayInstruments(IMeterFactory meters)
    {
        ArgumentNullException.ThrowIfNull(meters);
        _meter = meters.Create(MeterName);
        _handshakes = _meter.CreateCounter<long>("zerok.handshakes", description: "Connections that reached HELLO, or why not.");
        _refused = _meter.CreateCounter<long>("zerok.refused", description: "Refusals, by code.");
        _messages = _meter.CreateCounter<long>("zerok.messages", description: "Messages received, by type.");
        _notifies = _meter.CreateCounter<long>("zerok.notifies", description: "NOTIFY frames sent.");
        _blobBytes = _meter.CreateCounter<long>("zerok.blob.bytes", "By", "Bytes of sealed blobs, in and out.");
        _callFailures = _meter.CreateCounter<long>("zerok.group.call.failures", description: "Calls to groups that failed, by kind of fault.");
        _sessionsEnded = _meter.CreateCounter<long>("zerok.sessions.ended", description: "Sessions ended, by reason.");
        _sideStreams = _meter.CreateUpDownCounter<long>("zerok.side_streams", description: "Side streams that are open, refused ones included.");
        _push = _meter.CreateHistogram("zerok.push.duration", "s", "From a PUSH being read to its PUSH_ACK being handed over.", advice: new InstrumentAdvice<double>
        {
            HistogramBucketBoundaries = [0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
        });
    }

    internal void Observe(Func<int> sessions, Func<int> connections, Func<int> handshakes, Func<long> bytesInFlight)
    {
        _meter.CreateObservableGauge("zerok.sessions", sessions, description: "Sessions whose HELLO was accepted.");
        _meter.CreateObservableGauge("zerok.connections", connections, description: "Connections, half-open ones included.");
        _meter.CreateObservableGauge("zerok.connections.half_open", handshakes, description: "Connections that have not said HELLO.");
        _meter.CreateObservableGauge("zerok.in_flight.bytes", bytesInFlight, "By", "Bytes of requests and pages under way.");
    }

    internal void Handshake(string result) => _handshakes.Add(1, new KeyValuePair<string, object?>("result", result));

    internal void Refused(ErrorCode code) => _refused.Add(1, new KeyValuePair<string, object?>("code", NameOf(code)));

    internal void Message(MessageType type) => _messages.Add(1, new KeyValuePair<string, object?>("type", type.ToString()));

    internal void Notified() => _notifies.Add(1);

    internal void BlobBytes(long bytes, bool inward) => _blobBytes.Add(bytes, new KeyValuePair<string, object?>("direction", inward ? "in" : "out"));

    internal void CallFailed(Exception fault) => _callFailures.Add(1, new KeyValuePair<string, object?>("fault", fault switch
    {
        SiloUnavailableException => "silo",
        OrleansMessageRejectionException => "rejected",
        TimeoutException => "timeout",
        OperationCanceledException => "cancelled",
        _ => "other",
    }));

    internal void SessionEnded(string reason) => _sessionsEnded.Add(1, new KeyValuePair<string, object?>("reason", reason));

    internal void SideStream(int change) => _sideStreams.Add(change);

    internal void Pushed(TimeSpan duration) => _push.Record(duration.TotalSeconds);

    // A label's values are a closed set: a number that is no code would be a series of its own.
    internal static string NameOf(ErrorCode code) => Enum.IsDefined(code) ? code.ToString() : "Unknown";
}
