using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace ZeroK.Chaos.Topology;

/// <summary>Reads a relay's metrics within the process, under the names that /metrics gives them.</summary>
internal sealed class MeterReader : IDisposable
{
    private readonly ConcurrentDictionary<(Instrument Instrument, string Labels), double> _values = new();
    private readonly MeterListener _listener = new();

    /// <param name="meterName">The meter.</param>
    /// <param name="scopes">The meter factories whose meters count: other relays in this process have others.</param>
    public MeterReader(string meterName, Func<object?, bool> scopes)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == meterName && scopes(instrument.Meter.Scope)) listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<int>((i, value, tags, _) => Set(i, value, tags));
        _listener.SetMeasurementEventCallback<long>((i, value, tags, _) => Set(i, value, tags));
        _listener.SetMeasurementEventCallback<double>((i, value, tags, _) => Set(i, value, tags));
        _listener.Start();
    }

    /// <summary>A metric's value, summed over its labels that contain a text; 0 if there is none.</summary>
    public double Sum(string name, string label)
    {
        _listener.RecordObservableInstruments();
        return _values.Where(v => NameOf(v.Key.Instrument) == name && v.Key.Labels.Contains(label, StringComparison.Ordinal)).Sum(v => v.Value);
    }

    public void Dispose() => _listener.Dispose();

    private void Set(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var labels = string.Join(',', tags.ToArray().Select(t => $"{t.Key}=\"{t.Value}\""));
        if (instrument.IsObservable) _values[(instrument, labels)] = value;
        else _values.AddOrUpdate((instrument, labels), value, (_, before) => before + value);
    }

    private static string NameOf(Instrument instrument) => instrument.Name.Replace('.', '_') + (instrument is Counter<long> ? "_total" : "");
}
