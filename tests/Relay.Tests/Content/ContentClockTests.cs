using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;
using ZeroK.Storage.Content;
using ZeroK.Storage.Content.Memory;

namespace ZeroK.Relay.Tests.Content;

/// <summary>Contents are dropped by the time that has passed, not by what a clock was set to.</summary>
public sealed class ContentClockTests : IDisposable
{
    private readonly ServiceProvider _metrics = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly MemoryContentIndex _index = new();
    private readonly GivenClock _clock = new();
    private readonly SomeContent _content = new(10_000);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => _metrics.Dispose();

    [Fact]
    public async Task Sweep_drops_what_the_clock_calls_old_and_nothing_while_it_can_not_tell()
    {
        var key = _content.KeyIn(Guid.NewGuid());
        var service = new ContentService(new MemoryContentStore(), _index, new ContentLimits(), ActivatorUtilities.CreateInstance<ContentInstruments>(_metrics), TimeProvider.System, NullLogger<ContentService>.Instance, _clock);
        await service.BeginAsync(key, new byte[] { 1 }, _content.Size, Stop);
        var touched = (await _index.FindAsync(key, Stop))!.TouchedMs;
        foreach (var cutoff in (ulong?[])[null, 0, touched])
        {
            _clock.Cutoff = cutoff;
            Assert.Equal(0, await service.SweepAsync(Stop));
        }

        _clock.Cutoff = touched + 1;
        Assert.Equal(1, await service.SweepAsync(Stop));
        Assert.Equal([TimeSpan.FromHours(new ContentLimits().KeepHours), TimeSpan.FromHours(new ContentLimits().UploadHours)], _clock.Asked.Distinct());
    }

    private sealed class GivenClock : IContentClock
    {
        public ulong? Cutoff { get; set; }

        public List<TimeSpan> Asked { get; } = [];

        public ValueTask<ulong?> CutoffMsAsync(TimeSpan keep, CancellationToken cancellationToken)
        {
            Asked.Add(keep);
            return new(Cutoff);
        }
    }
}
