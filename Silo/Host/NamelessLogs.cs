using System.Text.RegularExpressions;

namespace ZeroK.Relay;

/// <summary>Loggers that take out of other libraries' lines what names a group: Orleans prints a grain's key, which is a group's pseudonym, where a call to it fails. Our own lines name nobody, and pass as they are.</summary>
internal sealed partial class NamelessLogs(ILoggerFactory inner) : ILoggerFactory
{
    private const string Ours = "ZeroK.";

    /// <inheritdoc/>
    public ILogger CreateLogger(string categoryName) =>
        categoryName.StartsWith(Ours, StringComparison.Ordinal) ? inner.CreateLogger(categoryName) : new Nameless(inner.CreateLogger(categoryName));

    /// <inheritdoc/>
    public void AddProvider(ILoggerProvider provider) => inner.AddProvider(provider);

    /// <inheritdoc/>
    public void Dispose() => inner.Dispose();

    // 32 hexadecimal digits or more, as Orleans and .NET print a Guid, with or without its dashes.
    [GeneratedRegex("[0-9a-fA-F]{8}-?(?:[0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12,}")]
    private static partial Regex Id();

    private sealed class Nameless(ILogger inner) : ILogger
    {
        // Scopes of other libraries hold grain ids and request paths.
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => inner.IsEnabled(logLevel);

        // The line as one text: neither fields nor an exception's own text go on beside it.
        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (!inner.IsEnabled(logLevel)) return;
            var text = formatter(state, exception);
            if (exception is not null) text = $"{text} {exception}";
            inner.Log(logLevel, eventId, Id().Replace(text, "[id]"), null, static (line, _) => line);
        }
    }
}
