using Microsoft.Extensions.Logging;

namespace ZeroK.Cli.Terminal;

/// <summary>Writes log lines of the client library through a callback: level, category, message.</summary>
internal sealed class LineLoggerFactory(Action<string> write) : ILoggerFactory
{
    public ILogger CreateLogger(string categoryName) => new LineLogger(categoryName[(categoryName.LastIndexOf('.') + 1)..], write);

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException("There is one destination.");

    public void Dispose() { }

    private sealed class LineLogger(string category, Action<string> write) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Debug;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (!IsEnabled(logLevel)) return;
            var error = exception is null ? "" : $" ({exception.GetType().Name}: {exception.Message})";
            write($"[{logLevel}] {category}: {formatter(state, exception)}{error}");
        }
    }
}
