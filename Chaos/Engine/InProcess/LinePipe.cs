using System.Text;
using System.Threading.Channels;

namespace ZeroK.Chaos.Topology;

/// <summary>One direction of a line protocol within a process: what a pipe between two processes is otherwise.</summary>
internal sealed class LinePipe
{
    private readonly Channel<string> _lines = System.Threading.Channels.Channel.CreateUnbounded<string>();

    public LinePipe()
    {
        Writer = new LineWriter(_lines.Writer);
        Reader = new LineReader(_lines.Reader);
    }

    public TextWriter Writer { get; }

    public TextReader Reader { get; }

    /// <summary>No more lines: the reader gets those written so far, and then the end.</summary>
    public void End() => _lines.Writer.TryComplete();

    private sealed class LineWriter(ChannelWriter<string> lines) : TextWriter
    {
        public override Encoding Encoding => Encoding.UTF8;

        public override Task WriteLineAsync(string? value)
        {
            if (!lines.TryWrite(value ?? "")) throw new IOException("The agent is gone.");
            return Task.CompletedTask;
        }

        public override Task FlushAsync() => Task.CompletedTask;
    }

    private sealed class LineReader(ChannelReader<string> lines) : TextReader
    {
        public override Task<string?> ReadLineAsync() => ReadLineAsync(CancellationToken.None).AsTask();

        public override async ValueTask<string?> ReadLineAsync(CancellationToken cancellationToken)
        {
            while (await lines.WaitToReadAsync(cancellationToken).ConfigureAwait(false))
            {
                if (lines.TryRead(out var line)) return line;
            }

            return null;
        }
    }
}
