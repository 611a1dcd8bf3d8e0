using ZeroK.Chaos.History;
using ZeroK.Chaos.Proxy;
using ZeroK.Client;
using ZeroK.Wire;

namespace ZeroK.Chaos.Agent;

/// <summary>Carries out what the runner asks of an agent.</summary>
/// <param name="client">The agent's client.</param>
/// <param name="lines">Where answers go.</param>
/// <param name="seed">Of payloads that the agent makes itself.</param>
internal sealed class AgentCommands(SyncClient client, AgentLines lines, int seed)
{
    private const int PushesAtOnce = 64;

    /// <summary>A device's id as the agent's lines have it.</summary>
    public static string Hex(DeviceId id)
    {
        var bytes = new byte[DeviceId.Size];
        id.CopyTo(bytes);
        return Convert.ToHexString(bytes);
    }

    /// <summary>Answers a command; what fails is answered too. Many pushes go on beside the commands that follow.</summary>
    public Task CarryOutAsync(AgentCommand command)
    {
        switch (command.Op)
        {
            case "status":
                lines.Tell(new AgentEvent("status") { Id = command.Id, Status = StatusOf(client.Status) });
                return Task.CompletedTask;
            case "push":
                return AnsweredAsync(command, () => PushAsync(command.Id, command.Label, command.Payload ?? []));
            case "pushmany":
                _ = AnsweredAsync(command, () => PushManyAsync(command));
                return Task.CompletedTask;
            case "peek":
                _ = AnsweredAsync(command, () => PeekAsync(command));
                return Task.CompletedTask;
            case "setback":
                return AnsweredAsync(command, () => SetBackAsync(command));
            case "readagain":
                _ = AnsweredAsync(command, () => ReadAgainAsync(command.Id));
                return Task.CompletedTask;
            case "disconnect":
                return AnsweredAsync(command, () => DisconnectAsync(command.Id));
            case "connect":
                client.Resume();
                lines.Tell(new AgentEvent("connecting") { Id = command.Id });
                return Task.CompletedTask;
            default:
                lines.Tell(new AgentEvent("failed") { Id = command.Id, Text = $"An agent knows no command '{command.Op}'." });
                return Task.CompletedTask;
        }
    }

    private async Task AnsweredAsync(AgentCommand command, Func<Task> carryOut)
    {
        try
        {
            await carryOut().ConfigureAwait(false);
        }
        catch (Exception e) when (e is SyncException or ArgumentException or ObjectDisposedException or OperationCanceledException)
        {
            lines.Tell(new AgentEvent("failed") { Id = command.Id, Text = e.Message });
        }
    }

    private async Task PushAsync(long id, string? label, byte[] payload)
    {
        var receipt = await client.PushAsync(payload, label).ConfigureAwait(false);
        lines.Tell(new AgentEvent("pushed") { Id = id, Sequence = receipt.Sequence, Digest = HistoryRecorder.Digest(label, payload) });
        _ = TellOutcomeAsync(receipt);
    }

    private async Task DisconnectAsync(long id)
    {
        await client.SuspendAsync(TimeSpan.Zero).ConfigureAwait(false);
        lines.Tell(new AgentEvent("disconnected") { Id = id });
    }

    private async Task PushManyAsync(AgentCommand command)
    {
        await Parallel.ForAsync(0, command.Count, new ParallelOptions { MaxDegreeOfParallelism = PushesAtOnce }, async (i, _) =>
        {
            var random = Seeds.Random(seed, FormattableString.Invariant($"pushmany {command.Id} {i}"));
            var payload = new byte[random.Next(command.Bytes + 1)];
            random.NextBytes(payload);
            await PushAsync(0, null, payload).ConfigureAwait(false);
        }).ConfigureAwait(false);
        lines.Tell(new AgentEvent("pushedmany") { Id = command.Id });
    }

    private async Task PeekAsync(AgentCommand command)
    {
        var result = await client.PeekAsync(new Cursor(command.After), command.Count).ConfigureAwait(false);
        lines.Tell(new AgentEvent("peeked")
        {
            Id = command.Id,
            Cursor = result.Through.Value,
            Head = result.Head.Value,
            Start = result.HistoryStart.Value,
            Blobs = [.. result.Blobs.Select(b => new AgentBlob(Hex(b.Sender), b.Sequence, b.Cursor.Value, HistoryRecorder.Digest(b.Label, b.Payload.Span)))],
        });
    }

    // The fault: the client's state forgets the last blobs of a sender, while its session is live.
    private async Task SetBackAsync(AgentCommand command)
    {
        var sender = new DeviceId(Convert.FromHexString(command.Device ?? ""));
        var contiguous = client.Status.Vector[sender] - (ulong)command.Count;
        while (!client.SetBack(sender, contiguous)) await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System).ConfigureAwait(false);
        lines.Tell(new AgentEvent("setback") { Id = command.Id, Sequence = contiguous });
    }

    private async Task ReadAgainAsync(long id)
    {
        await client.ReadAgainAsync().ConfigureAwait(false);
        lines.Tell(new AgentEvent("readagain") { Id = id });
    }

    private async Task TellOutcomeAsync(PushReceipt receipt)
    {
        try
        {
            var cursor = await receipt.Durable.ConfigureAwait(false);
            lines.Tell(new AgentEvent("durable") { Sequence = receipt.Sequence, Cursor = cursor.Value });
        }
        catch (SyncException e)
        {
            lines.Tell(new AgentEvent("refused") { Sequence = receipt.Sequence, Text = e.Message });
        }
        catch (OperationCanceledException)
        {
            // Closed first: the outcome stays unknown, as the history has it.
        }
    }

    private static AgentStatus StatusOf(SyncStatus s) =>
        new(s.State.ToString(), s.Head.Value, s.Received.Value, s.PendingBlobs, s.DurableSequence, s.LastSequence, Convert.ToHexString(s.Vector.ToArray()), s.Transport.ToString(), s.LastError, s.Undecryptable)
        {
            Online = s.IsOnline,
            Problems = s.OpenProblems,
        };
}
