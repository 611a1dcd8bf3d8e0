using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Spectre.Console;

namespace ZeroK.Cli.Terminal;

/// <summary>Where a command writes: for people text, with <c>--json</c> one object a line and nothing else on standard output.</summary>
internal sealed class Output
{
    private readonly CliHost _host;
    private readonly Lock _lock = new();

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

    /// <summary>Tables and colours for people on standard output; wide where no terminal sets a width, so that nothing is cut.</summary>
    public IAnsiConsole Console()
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(_host.Out),
            Ansi = _host.OutIsTerminal ? AnsiSupport.Detect : AnsiSupport.No,
            Interactive = InteractionSupport.No,
        });
        if (!_host.OutIsTerminal) console.Profile.Width = 160;
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
