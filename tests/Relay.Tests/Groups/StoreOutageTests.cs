using Microsoft.Extensions.Logging;
using Xunit;
using ZeroK.Grains.Groups;
using ZeroK.Grains.Storage;

namespace ZeroK.Relay.Tests.Groups;

/// <summary>An outage is told once, however many groups notice it.</summary>
public sealed class StoreOutageTests
{
    [Fact]
    public void Outage_is_one_line_and_its_end_another()
    {
        var log = new Levels();
        var outage = new StoreOutage(log);
        outage.Answered();
        for (var round = 0; round < 2; round++)
        {
            for (var group = 0; group < 100; group++) outage.Failed(new StoreException("Down."));
            for (var group = 0; group < 100; group++) outage.Answered();
        }

        Assert.Equal([LogLevel.Error, LogLevel.Information, LogLevel.Error, LogLevel.Information], log.Seen);
    }

    private sealed class Levels : ILogger<StoreOutage>
    {
        public List<LogLevel> Seen { get; } = [];

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => Seen.Add(logLevel);
    }
}
