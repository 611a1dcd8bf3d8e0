using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Text;
using Xunit;
using ZeroK.Client.Tests.Fakes;
using ZeroK.Wire;

namespace ZeroK.Client.Tests;

/// <summary>What a listener sees. Other tests run beside: figures are at least these.</summary>
public sealed class TelemetryTests
{
    [Fact]
    public async Task Meter_counts_what_is_pushed_sent_received_and_acknowledged()
    {
        var sums = new ConcurrentDictionary<string, double>();
        var tags = new ConcurrentDictionary<string, bool>();
        using var listener = new MeterListener { InstrumentPublished = (instrument, l) => { if (instrument.Meter.Name == ClientTelemetry.MeterName) l.EnableMeasurementEvents(instrument); } };
        listener.SetMeasurementEventCallback<long>((instrument, value, t, _) => Take(instrument, value, t));
        listener.SetMeasurementEventCallback<double>((instrument, value, t, _) => Take(instrument, value, t));
        listener.Start();

        await PushAndTakeAsync();

        foreach (var name in new[] { "pushed", "durable", "fetched", "acknowledged" }) Assert.True(sums.GetValueOrDefault($"zerok.client.{name}") >= 3, name);
        Assert.True(sums["zerok.client.connections"] >= 2);
        Assert.True(sums["zerok.client.push.duration"] > 0 && sums["zerok.client.durable.duration"] > 0);
        Assert.True(sums.ContainsKey("zerok.client.pending"));
        Assert.Subset(new HashSet<string> { "transport", "code", "permanent", "kind" }, tags.Keys.ToHashSet());

        void Take(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> measured)
        {
            sums.AddOrUpdate(instrument.Name, value, (_, sum) => sum + value);
            foreach (var tag in measured) tags[tag.Key] = true;
        }
    }

    [Fact]
    public async Task Activities_cover_the_way_of_a_blob_and_carry_no_id()
    {
        var names = new ConcurrentDictionary<string, bool>();
        var tags = new ConcurrentDictionary<string, bool>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == ClientTelemetry.ActivitySourceName,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = activity =>
            {
                names[activity.OperationName] = true;
                foreach (var tag in activity.TagObjects) tags[tag.Key] = true;
            },
        };
        ActivitySource.AddActivityListener(listener);

        await PushAndTakeAsync();

        Assert.Superset(new HashSet<string> { "zerok.push", "zerok.connect", "zerok.greet", "zerok.send", "zerok.pull" }, names.Keys.ToHashSet());
        Assert.Equal(["blobs"], tags.Keys);
    }

    // A relay may send any number as a code: each would be a series of its own.
    [Fact]
    public void A_code_that_is_none_is_counted_as_unknown()
    {
        var codes = new ConcurrentDictionary<string, bool>();
        using var listener = new MeterListener { InstrumentPublished = (instrument, l) => { if (instrument.Name == "zerok.client.failures") l.EnableMeasurementEvents(instrument); } };
        listener.SetMeasurementEventCallback<long>((_, _, tags, _) =>
        {
            foreach (var tag in tags)
            {
                if (tag.Key == "code") codes[$"{tag.Value}"] = true;
            }
        });
        listener.Start();
        for (var code = 0; code <= ushort.MaxValue; code++) ClientTelemetry.Happened(new Refused(DateTimeOffset.UnixEpoch, (ErrorCode)code, ""));
        Assert.Equal([.. Enum.GetNames<ErrorCode>().Append("Unknown").Order(StringComparer.Ordinal)], codes.Keys.Order(StringComparer.Ordinal));
    }

    private static async Task PushAndTakeAsync()
    {
        await using var rig = new Rig();
        var (a, b) = (rig.Start(1), rig.Start(2));
        for (var i = 0; i < 3; i++) await a.PushAsync(Encoding.UTF8.GetBytes($"{i}"));
        using var patience = Rig.Patience();
        await a.FlushAsync(patience.Token);
        await Rig.TakeAsync(b, 3);
    }
}
