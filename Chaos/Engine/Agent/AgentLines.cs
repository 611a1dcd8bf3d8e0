using System.Threading.Channels;

namespace ZeroK.Chaos.Agent;

/// <summary>What an agent tells, a line each, in the order told. All members may be called from many threads.</summary>
internal sealed class AgentLines
{
    private readonly Channel<(AgentEvent Told, TaskCompletionSource? Written)> _lines = System.Threading.Channels.Channel.CreateUnbounded<(AgentEvent, TaskCompletionSource?)>(new UnboundedChannelOptions { SingleReader = true });
    private readonly Task _writing;

    /// <param name="output">Where the lines go; each is flushed.</param>
    public AgentLines(TextWriter output) => _writing = WriteAsync(output);

    /// <summary>Tells something; returns at once. What was told last may be lost when the agent is killed.</summary>
    public void Tell(AgentEvent told) => _lines.Writer.TryWrite((told, null));

    /// <summary>Tells something; returns when the line has left the process, so that a kill can't take it back.</summary>
    /// <exception cref="IOException">Nobody reads any more.</exception>
    public async Task TellAsync(AgentEvent told)
    {
        var written = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        if (!_lines.Writer.TryWrite((told, written))) throw new IOException("The agent ends.");
        await (await Task.WhenAny(written.Task, _writing).ConfigureAwait(false)).ConfigureAwait(false);
    }

    /// <summary>No more lines; returns when all are written.</summary>
    public async Task EndAsync()
    {
        _lines.Writer.TryComplete();
        await _writing.ConfigureAwait(false);
    }

    private async Task WriteAsync(TextWriter output)
    {
        await foreach (var (told, written) in _lines.Reader.ReadAllAsync().ConfigureAwait(false))
        {
            await output.WriteLineAsync(AgentJson.Write(told)).ConfigureAwait(false);
            await output.FlushAsync().ConfigureAwait(false);
            written?.SetResult();
        }
    }
}
