using System.Text;
using System.Text.Json.Nodes;
using ZeroK.Cli.Sync;

namespace ZeroK.Cli.Tests;

/// <summary>Runs command lines in this process, each test in a folder of its own.</summary>
internal sealed class CliTestHost : IDisposable
{
    public string Folder { get; } = Directory.CreateTempSubdirectory("zerok-cli-test-").FullName;

    public Dictionary<string, string> Environment { get; } = [];

    public ISessionFactory? Sessions { get; set; }

    public Func<CliHost, CliHost> Adapt { get; set; } = host => host;

    public bool InIsTerminal { get; set; }

    public bool OutIsTerminal { get; set; }

    public int Columns { get; set; }

    public FakeReader? Reader { get; set; }

    public Queue<string> Secrets { get; } = new();

    public Stream Input { get; set; } = new MemoryStream();

    public string PathOf(string name) => Path.Combine(Folder, name);

    public async Task<CliTestResult> RunAsync(params string[] args) => await RunAsync(CancellationToken.None, args);

    public async Task<CliTestResult> RunAsync(CancellationToken cancellationToken, params string[] args)
    {
        var (output, error) = (new StringWriter { NewLine = "\n" }, new StringWriter { NewLine = "\n" });
        var host = new CliHost
        {
            Out = TextWriter.Synchronized(Reader ?? output),
            Delivery = Reader is { } reader ? reader : Terminal.WrittenIsDelivered.Instance,
            OutIsTerminal = OutIsTerminal,
            Columns = () => Columns,
            Error = TextWriter.Synchronized(error),
            In = () => Input,
            InIsTerminal = InIsTerminal,
            ReadSecret = _ => Secrets.Dequeue().ToCharArray(),
            Environment = name => Environment.GetValueOrDefault(name),
        };
        if (Sessions is not null) host = host with { Sessions = Sessions };
        host = Adapt(host);
        var code = await CliApp.RunAsync(args, host, cancellationToken);
        return new CliTestResult(code, (Reader ?? output).ToString(), error.ToString());
    }

    public void Type(string text) => Input = new MemoryStream(Encoding.UTF8.GetBytes(text));

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}

internal sealed record CliTestResult(int Code, string Out, string Error)
{
    /// <summary>Standard output as objects: fails if a line is anything else, or has no "event".</summary>
    public IReadOnlyList<JsonObject> Events => Objects(Out);

    public IReadOnlyList<JsonObject> ErrorEvents => Objects(Error);

    public JsonObject The(string name) => Events.Single(e => (string?)e["event"] == name);

    private static List<JsonObject> Objects(string text)
    {
        var lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonNode.Parse(l)!.AsObject()).ToList();
        Xunit.Assert.All(lines, l => Xunit.Assert.NotNull(l["event"]));
        return lines;
    }
}
