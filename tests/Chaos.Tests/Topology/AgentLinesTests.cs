using System.Text;
using Xunit;
using ZeroK.Chaos.Agent;

namespace ZeroK.Chaos.Tests.Topology;

/// <summary>What a killed agent had told must be in the history: else a delivery that its state knows of is missing there.</summary>
public sealed class AgentLinesTests
{
    [Fact]
    public async Task Telling_ends_when_the_line_has_left_the_process_and_not_before()
    {
        var output = new HeldWriter();
        var lines = new AgentLines(output);
        lines.Tell(new AgentEvent("event"));
        var telling = lines.TellAsync(new AgentEvent("got") { Sequence = 7 });
        await output.Begun.Task;
        Assert.False(telling.IsCompleted);
        output.Held.SetResult();
        await telling;
        Assert.Equal(["event", "got"], output.Lines.Select(l => AgentJson.Read<AgentEvent>(l)!.Kind));
        await lines.EndAsync();
    }

    [Fact]
    public async Task Telling_fails_when_nobody_reads_any_more()
    {
        var output = new HeldWriter();
        var lines = new AgentLines(output);
        var telling = lines.TellAsync(new AgentEvent("got"));
        output.Held.SetException(new IOException("broken pipe"));
        await Assert.ThrowsAsync<IOException>(() => telling);
        await Assert.ThrowsAsync<IOException>(() => lines.TellAsync(new AgentEvent("got")));
        await Assert.ThrowsAsync<IOException>(lines.EndAsync);
    }

    private sealed class HeldWriter : TextWriter
    {
        public TaskCompletionSource Held { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource Begun { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public List<string> Lines { get; } = [];

        public override Encoding Encoding => Encoding.UTF8;

        public override async Task WriteLineAsync(string? value)
        {
            Begun.TrySetResult();
            await Held.Task;
            Lines.Add(value!);
        }

        public override Task FlushAsync() => Task.CompletedTask;
    }
}
