using System.Diagnostics.Metrics;

namespace ZeroK.Transport;

/// <summary>The transports' metrics, under the meter "ZeroK.Transport".</summary>
internal static class TransportInstruments
{
    private static readonly Meter Meter = new("ZeroK.Transport");

    /// <summary>Connections that failed before they were accepted; the listener went on.</summary>
    private static readonly Counter<long> AcceptFailures = Meter.CreateCounter<long>("zerok.transport.accept.failures");

    public static void AcceptFailed(TransportKind kind) =>
        AcceptFailures.Add(1, new KeyValuePair<string, object?>("transport", kind switch { TransportKind.Quic => "quic", TransportKind.Tcp => "tcp", _ => "memory" }));
}
