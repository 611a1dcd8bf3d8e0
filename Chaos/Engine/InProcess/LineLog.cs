using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;

namespace ZeroK.Chaos.Topology;

/// <summary>Keeps a relay's log lines; of Orleans and the rest only warnings, as the relay's own program does.</summary>
internal sealed class LineLog : ILoggerProvider
{
    private readonly StringBuilder _text = new();

    public string Text
    {
        get
        {
            lock (_text) return _text.ToString();
        }
    }

    public ILogger CreateLogger(string categoryName) => new Category(this, categoryName);

    public void Dispose()
    {
    }

    private sealed class Category(LineLog log, string name) : ILogger
    {
        private readonly LogLevel _least = name.StartsWith("ZeroK", StringComparison.Ordinal) ? LogLevel.Information : LogLevel.Warning;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= _least;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (!IsEnabled(logLevel)) return;
            lock (log._text) log._text.AppendLine(string.Create(CultureInfo.InvariantCulture, $"{logLevel} {name}: {formatter(state, exception)} {exception}"));
        }
    }
}
