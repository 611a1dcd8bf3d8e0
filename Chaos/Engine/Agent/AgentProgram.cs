using ZeroK.Chaos.History;
using ZeroK.Client;
using ZeroK.Transport;

namespace ZeroK.Chaos.Agent;

/// <summary>A device of the chaos suite: the client library behind a line protocol, so that it can be killed.</summary>
/// <remarks>A delivery is told before it is acknowledged: what a killed agent had in hand is in the history.</remarks>
public static class AgentProgram
{
    /// <summary>Runs until told to stop or until the input ends.</summary>
    public static async Task<int> RunAsync(AgentSettings settings, TextReader input, TextWriter output)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(output);
        var lines = new AgentLines(output);
        try
        {
            using var device = Open(settings, out var invite);
            var options = SyncOptions.Default with
            {
                Transport = settings.Transport == "quic" ? TransportChoice.Quic : TransportChoice.Tcp,
                Transports = [new ViaTransport(settings.Transport == "quic" ? new QuicTransport() : new TcpTransport(), settings.Vias)],
                BackoffFirst = TimeSpan.FromMilliseconds(100),
                BackoffMax = TimeSpan.FromSeconds(2),
                JitterSeed = settings.Seed,
            };
            await using var client = await SyncClient.StartAsync(device, options).ConfigureAwait(false);
            lines.Tell(new AgentEvent("ready") { Device = AgentCommands.Hex(device.Id), Group = Convert.ToHexString(device.Group!.Id.ToArray()), Invite = invite });
            using var stop = new CancellationTokenSource();
            var commands = new AgentCommands(client, lines, settings.Seed);
            var receiving = ReceiveAsync(client, lines, stop.Token);
            var watching = WatchAsync(client, lines, stop.Token);
            while (await input.ReadLineAsync(stop.Token).ConfigureAwait(false) is { } line && AgentJson.Read<AgentCommand>(line) is { Op: not "stop" } command)
                await commands.CarryOutAsync(command).ConfigureAwait(false);
            await stop.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(receiving, watching).ConfigureAwait(false);
            return 0;
        }
        catch (Exception e) when (e is DeviceException or SyncException or ArgumentException)
        {
            lines.Tell(new AgentEvent("failed") { Text = e.Message });
            return 1;
        }
        finally
        {
            await lines.EndAsync().ConfigureAwait(false);
        }
    }

    private static Device Open(AgentSettings settings, out string? link)
    {
        link = null;
        var device = Device.Exists(settings.Directory) ? Device.Open(settings.Directory) : Device.Init(settings.Directory, "chaos");
        if (device.Group is not null) return device;
        if (settings.Invite is { } text)
        {
            if (!Invite.TryParse(text, out var invite, out var problem)) throw new ArgumentException(problem);
            using (invite) device.JoinGroup(invite);
            return device;
        }

        if (settings.Relays.Count == 0) throw new ArgumentException("A device without a group needs a relay or an invite.");
        using var secret = GroupSecret.Random();
        device.CreateGroup(secret, [.. settings.Relays.Select(r => RelayAddress.Parse(r))]);
        using var made = device.CreateInvite();
        link = made.ToLink();
        return device;
    }

    private static async Task ReceiveAsync(SyncClient client, AgentLines lines, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var blob in client.ReceiveAsync(cancellationToken).ConfigureAwait(false))
            {
                var sender = AgentCommands.Hex(blob.Sender);
                await lines.TellAsync(new AgentEvent("got") { Device = sender, Sequence = blob.Sequence, Cursor = blob.Cursor.Value, Digest = HistoryRecorder.Digest(blob.Label, blob.Payload.Span) }).ConfigureAwait(false);
                await blob.AckAsync(cancellationToken).ConfigureAwait(false);
                lines.Tell(new AgentEvent("acked") { Device = sender, Sequence = blob.Sequence });
            }
        }
        catch (OperationCanceledException)
        {
            // Told to stop.
        }
    }

    private static async Task WatchAsync(SyncClient client, AgentLines lines, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var happened in client.EventsAsync(cancellationToken).ConfigureAwait(false)) lines.Tell(Describe(happened));
        }
        catch (OperationCanceledException)
        {
            // Told to stop.
        }
    }

    private static AgentEvent Describe(SyncEvent happened) => happened switch
    {
        Disconnected lost => new AgentEvent("event") { Text = "Disconnected: " + lost.Reason },
        Expired gap => new AgentEvent("event") { Text = nameof(Expired), Sequence = gap.First.Value, Cursor = gap.Last.Value },
        Missed missed => new AgentEvent("event") { Text = nameof(Missed), Device = AgentCommands.Hex(missed.Sender), Sequence = missed.FirstSequence, Cursor = missed.LastSequence },
        Omission hole => new AgentEvent("event") { Text = nameof(Omission), Device = AgentCommands.Hex(hole.Sender), Sequence = hole.FirstSequence, Cursor = hole.LastSequence },
        RelayMisbehaved wrong => new AgentEvent("event") { Text = "RelayMisbehaved: " + wrong.What },
        _ => new AgentEvent("event") { Text = happened.GetType().Name },
    };
}
