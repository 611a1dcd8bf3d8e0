using System.Text;
using ZeroK.Cli.Service;
using ZeroK.Cli.Sync;
using ZeroK.Cli.Terminal;

namespace ZeroK.Cli;

/// <summary>What the program gets from outside: streams, environment, clock, the way to a session. Tests pass their own.</summary>
internal sealed record CliHost
{
    /// <summary>Standard output.</summary>
    public required TextWriter Out { get; init; }

    /// <summary>How far standard output got.</summary>
    public IDelivery Delivery { get; init; } = WrittenIsDelivered.Instance;

    /// <summary>Columns of the terminal that standard output is; 0 if it doesn't say.</summary>
    public Func<int> Columns { get; init; } = () => 0;

    /// <summary>Standard error.</summary>
    public required TextWriter Error { get; init; }

    /// <summary>Standard input, as bytes.</summary>
    public required Func<Stream> In { get; init; }

    /// <summary>Whether a person sees standard output.</summary>
    public bool OutIsTerminal { get; init; }

    /// <summary>Whether a person sees standard error.</summary>
    public bool ErrorIsTerminal { get; init; }

    /// <summary>Whether a person types standard input.</summary>
    public bool InIsTerminal { get; init; }

    /// <summary>Asks for a secret without echo. The caller wipes what it gets. Used only if <see cref="InIsTerminal"/>.</summary>
    public Func<string, char[]> ReadSecret { get; init; } = _ => throw new InvalidOperationException("There is no terminal to ask on.");

    /// <summary>Reads an environment variable; null or empty if it isn't set.</summary>
    public Func<string, string?> Environment { get; init; } = _ => null;

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>How sessions with the relay are made.</summary>
    public ISessionFactory Sessions { get; init; } = ClientSessionFactory.Instance;

    /// <summary>This program's own command line, for a service that starts it.</summary>
    public Func<IReadOnlyList<string>> Self { get; init; } = Machine.Self;

    /// <summary>How this system keeps a program running.</summary>
    public Func<ServiceSpec, Func<string, string?>, UserService> Services { get; init; } = Machine.Service;

    /// <summary>Runs another program: its exit code and what it said.</summary>
    public Func<string[], CancellationToken, Task<(int Code, string Said)>> Run { get; init; } = Machine.RunAsync;

    /// <summary>The process's own streams.</summary>
    public static CliHost ForProcess()
    {
        var utf8 = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
        Console.OutputEncoding = utf8;
        var output = StandardOutput.Open(isTerminal: !Console.IsOutputRedirected);

        // The console of Windows has its own encoding; only the runtime's stream knows it.
        var shown = OperatingSystem.IsWindows() && !Console.IsOutputRedirected ? Console.OpenStandardOutput() : output;
        return new CliHost
        {
            Out = Writer(shown, utf8),
            Delivery = output,
            Columns = TerminalColumns,
            Error = Writer(new StandardError(Console.OpenStandardError()), utf8),
            In = Console.OpenStandardInput,
            OutIsTerminal = !Console.IsOutputRedirected,
            ErrorIsTerminal = !Console.IsErrorRedirected,
            InIsTerminal = !Console.IsInputRedirected,
            ReadSecret = SecretPrompt.Read,
            Environment = System.Environment.GetEnvironmentVariable,
        };
    }

    private static int TerminalColumns()
    {
        try
        {
            return Console.WindowWidth;
        }
        catch (Exception e) when (e is IOException or PlatformNotSupportedException)
        {
            return 0;
        }
    }

    private static TextWriter Writer(Stream stream, Encoding encoding) =>
        TextWriter.Synchronized(new StreamWriter(stream, encoding) { AutoFlush = true, NewLine = "\n" });
}
