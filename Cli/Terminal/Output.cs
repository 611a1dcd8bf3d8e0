using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Spectre.Console;

namespace ZeroK.Cli.Terminal;

/// <summary>Where a command writes: for people text, with <c>--json</c> one object a line and nothing else on standard output.</summary>
internal sealed class Output
{
    // Wider than any row.
    private const int WidthOfNoTerminal = 10_000;

    private readonly CliHost _host;
    private readonly Lock _lock = new();
    private int _waitsForReader;

    public Output(CliHost host, bool json, bool verbose)
    {
        _host = host;
        Json = json;
        Verbose = verbose;
        LoggerFactory = verbose ? new LineLoggerFactory(line => Note(line)) : NullLoggerFactory.Instance;
    }

    /// <summary>Whether a program reads this.</summary>
    public bool Json { get; }

    /// <summary>Whether to say more on standard error.</summary>
    public bool Verbose { get; }

    /// <summary>Bytes that standard output has taken.</summary>
    public long Written => _host.Delivery.Written;

    /// <summary>Whether nobody reads standard output any more.</summary>
    public bool ReaderIsGone => _host.Delivery.ReaderIsGone;

    /// <summary>Whether the work waits for the reader of standard output, and not for a relay.</summary>
    public bool WaitsForReader
    {
        get => Volatile.Read(ref _waitsForReader) != 0 || _host.Delivery.IsWriting;
        set => Volatile.Write(ref _waitsForReader, value ? 1 : 0);
    }

    /// <summary>So many of the written bytes are out.</summary>
    public long Delivered() => _host.Delivery.Delivered();

    /// <summary>A text of another device: safe for a terminal where there is one, else as it is, to the byte.</summary>
    public string Foreign(string text) => _host.OutIsTerminal ? Display.Safe(text, lines: true) : text;

    /// <summary>Log lines, with <c>--verbose</c>.</summary>
    public ILoggerFactory LoggerFactory { get; }

    /// <summary>Writes a result: the object for programs, the text for people (null: nothing).</summary>
    public void Result(JsonObject json, string? text)
    {
        lock (_lock)
        {
            if (Json) _host.Out.WriteLine(json.ToJsonString());
            else if (text is not null) _host.Out.WriteLine(text);
        }
    }

    /// <summary>Writes an object, whether or not <c>--json</c> was given: for verbs that only speak JSON.</summary>
    public void JsonLine(JsonObject json)
    {
        lock (_lock) _host.Out.WriteLine(json.ToJsonString());
    }

    /// <summary>Tells a person something on standard error; programs don't get it.</summary>
    public void Note(string text)
    {
        if (Json && !Verbose) return;
        lock (_lock) _host.Error.WriteLine(Json ? Line("note", ("message", text)) : text);
    }

    /// <summary>Warns on standard error.</summary>
    public void Warn(string code, string message)
    {
        lock (_lock) _host.Error.WriteLine(Json ? Line("warning", ("code", code), ("message", message)) : "Warning: " + message);
    }

    /// <summary>Says on standard error why the command ends.</summary>
    public void Failure(CliException failure)
    {
        lock (_lock)
        {
            if (Json)
            {
                var line = new JsonObject { ["event"] = "error", ["code"] = ExitCodes.NameOf(failure.Code), ["exit"] = (int)failure.Code, ["message"] = failure.Message };
                if (failure.Hint is not null) line["hint"] = failure.Hint;
                _host.Error.WriteLine(line.ToJsonString());
                return;
            }

            _host.Error.WriteLine("Error: " + failure.Message);
            if (failure.Hint is not null) _host.Error.WriteLine("       " + failure.Hint);
        }
    }

    /// <summary>Shows an exception in full, for <c>--verbose</c>.</summary>
    public void Detail(Exception exception)
    {
        var text = CliApp.HideInvites(exception.ToString());
        lock (_lock) _host.Error.WriteLine(Json ? Line("detail", ("message", text)) : text);
    }

    /// <summary>Columns of the terminal; null where there is none, or it doesn't say.</summary>
    public int? Columns => _host.OutIsTerminal && _host.Columns() is > 0 and var columns ? columns : null;

    /// <summary>Whether standard output shows colours: a terminal that is not a dumb one.</summary>
    public bool HasColours => _host.OutIsTerminal && _host.Environment("TERM") is not "dumb" && _host.Environment("NO_COLOR") is null or "";

    /// <summary>Tables and colours for people on standard output; wide where no terminal sets a width, so that nothing is cut.</summary>
    public IAnsiConsole Console()
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(_host.Out),
            Ansi = HasColours ? AnsiSupport.Detect : AnsiSupport.No,
            Interactive = InteractionSupport.No,
        });
        if (Columns is { } columns) console.Profile.Width = columns;
        else if (!_host.OutIsTerminal) console.Profile.Width = WidthOfNoTerminal;
        return console;
    }

    /// <summary>Whether to show progress bars: a person sees standard error, and no program reads.</summary>
    public bool ShowsProgress => !Json && _host.ErrorIsTerminal;

    /// <summary>The console for progress bars: standard error.</summary>
    public IAnsiConsole ProgressConsole() => AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(_host.Error) });

    private static string Line(string name, params ReadOnlySpan<(string Key, string Value)> fields)
    {
        var line = new JsonObject { ["event"] = name };
        foreach (var (key, value) in fields) line[key] = JsonValue.Create(value);
        return line.ToJsonString(JsonSerializerOptions.Default);
    }
}
