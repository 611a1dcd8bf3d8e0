using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Xunit;
using ZeroK.Grains.Groups;
using ZeroK.Grains.Storage;
using ZeroK.Wire;

namespace ZeroK.Relay.Tests.Groups;

/// <summary>What a silo's groups count, heard at its own meter.</summary>
public sealed class GroupInstrumentsTests : IClassFixture<RelayCluster>, IDisposable
{
    private readonly RelayCluster _relay;
    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<string, long> _counted = new();
    private readonly ConcurrentDictionary<string, byte> _tags = new();

    public GroupInstrumentsTests(RelayCluster relay)
    {
        _relay = relay;
        var meters = relay.Services.GetRequiredService<IMeterFactory>();
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == GroupInstruments.MeterName && instrument.Meter.Scope == meters) listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
        {
            var name = instrument.Name;
            foreach (var (key, tag) in tags)
            {
                _tags.TryAdd(key, 0);
                Assert.Contains(tag?.ToString(), Enum.GetNames<ErrorCode>());
                name += $" {tag}";
            }

            _counted.AddOrUpdate(name, value, (_, sum) => sum + value);
        });
        _listener.Start();
    }

    [Fact]
    public async Task Pushes_refusals_and_fenced_commits_are_counted_without_names()
    {
        var group = _relay.NewGroup();
        var a = await group.JoinAsync();
        Assert.Equal(ErrorCode.None, (await group.PushAsync(a, TestGroup.Item(1, 10), TestGroup.Item(2, 20))).Code);
        Assert.Equal(ErrorCode.OutOfOrder, (await group.PushAsync(a, TestGroup.Item(9))).Results.Single().Code);
        Assert.Equal(ErrorCode.Unauthorized, (await group.HelloAsync(new byte[32], admissionKey: new byte[32])).Code);
        await new MemoryGroupStore(_relay.Disk).TakeOverAsync(group.Id, CancellationToken.None);
        Assert.Equal(ErrorCode.RelayOverloaded, (await group.PushAsync(a, TestGroup.Item(3))).Code);

        // The push whose only blob was refused is a push that was answered.
        Assert.Equal((2, 2, 30), (_counted["zerok.group.pushes"], _counted["zerok.group.blobs"], _counted["zerok.group.bytes"]));

        // HELLO, the push, and what proved before the refusal that this activation still owns the group.
        Assert.Equal((3, 1), (_counted["zerok.group.commits"], _counted["zerok.group.fenced"]));
        foreach (var code in (ErrorCode[])[ErrorCode.OutOfOrder, ErrorCode.Unauthorized, ErrorCode.RelayOverloaded]) Assert.Equal(1, _counted[$"zerok.group.refused {code}"]);
        Assert.Equal(["code"], _tags.Keys);
    }

    [Fact]
    public async Task Expired_entries_are_counted()
    {
        var store = new MemoryGroupStore(_relay.Disk);
        var group = Guid.NewGuid();
        Assert.True(await store.CommitAsync(Storage.Commits.Create(group), CancellationToken.None));
        Assert.True(await store.CommitAsync(Storage.Commits.Append(group, 1, 0, "a", "b", "c"), CancellationToken.None));
        await _relay.Grain(group).ExpireAsync();
        Assert.Equal(3, _counted["zerok.group.expired"]);
    }

    public void Dispose() => _listener.Dispose();
}
