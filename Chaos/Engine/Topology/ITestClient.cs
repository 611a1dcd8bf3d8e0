using ZeroK.Chaos.Agent;
using ZeroK.Chaos.Proxy;

namespace ZeroK.Chaos.Topology;

/// <summary>A device that a run starts, breaks and asks. Its files outlive kill and restart.</summary>
public interface ITestClient : IAsyncDisposable
{
    /// <summary>Its name in the history.</summary>
    string Label { get; }

    /// <summary>Its device id, hex; once started.</summary>
    string DeviceId { get; }

    /// <summary>Its group's id, hex; once started. No relay may keep or show it.</summary>
    string GroupId { get; }

    /// <summary>The invite, if it made the group.</summary>
    string? Invite { get; }

    /// <summary>Its path to the first relay.</summary>
    ChaosProxy Link => Links[0];

    /// <summary>Its paths, one a relay.</summary>
    IReadOnlyList<ChaosProxy> Links { get; }

    /// <summary>Whether it lives, be it paused.</summary>
    bool Running { get; }

    /// <summary>What it told, line by line; no invite among it.</summary>
    string Log { get; }

    /// <summary>Starts it, or starts it again on its files.</summary>
    Task StartAsync(CancellationToken cancellationToken);

    /// <summary>kill -9, or what comes nearest; what it had told is read to the end.</summary>
    Task KillAsync();

    /// <summary>Stops it in order.</summary>
    Task StopAsync();

    /// <summary>It lives and does nothing (SIGSTOP).</summary>
    /// <exception cref="Scenarios.ScenarioSkippedException">This topology can't pause.</exception>
    Task PauseAsync();

    /// <summary>It goes on (SIGCONT).</summary>
    Task ResumeAsync();

    /// <summary>Pushes a blob; returns when it is in the client's durable outbox.</summary>
    Task PushAsync(byte[] payload, string? label, CancellationToken cancellationToken);

    /// <summary>Pushes many blobs of seeded bytes, several at once; returns when all are in the client's durable outbox.</summary>
    /// <param name="count">How many.</param>
    /// <param name="bytesMax">Bytes of a blob at most.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    Task PushManyAsync(int count, int bytesMax, CancellationToken cancellationToken);

    /// <summary>Reads what the relay keeps after a cursor, without moving the client's own place.</summary>
    Task<PeekedPage> PeekAsync(ulong after, int limit, CancellationToken cancellationToken);

    /// <summary>A fault: its state forgets the last blobs that it has of a sender; its session goes on. In the history their acknowledgement is taken back.</summary>
    /// <param name="sender">Whose blobs.</param>
    /// <param name="blobs">How many.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>The sender's last sequence that it still knows of.</returns>
    Task<ulong> SetBackAsync(ITestClient sender, int blobs, CancellationToken cancellationToken);

    /// <summary>Its app has it read the relays' logs again; returns when it has.</summary>
    Task ReadAgainAsync(CancellationToken cancellationToken);

    /// <summary>Closes its connections in order, and makes none; it lives and takes pushes.</summary>
    Task DisconnectAsync(CancellationToken cancellationToken);

    /// <summary>Connects again after <see cref="DisconnectAsync"/>; returns at once.</summary>
    Task ConnectAsync(CancellationToken cancellationToken);

    /// <summary>How it stands: state, cursors, version vector, what is pending.</summary>
    Task<AgentStatus> StatusAsync(CancellationToken cancellationToken);
}

/// <summary>What a peek read.</summary>
/// <param name="Blobs">Blobs of other devices, in order; each sender by its label.</param>
/// <param name="Start">The first cursor that the relay still kept after what was asked for.</param>
/// <param name="Through">Read up to here.</param>
/// <param name="Head">The relay's last cursor.</param>
public sealed record PeekedPage(IReadOnlyList<AgentBlob> Blobs, ulong Start, ulong Through, ulong Head);

/// <summary>What follows from the client's own verbs.</summary>
public static class TestClients
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(50);

    /// <summary>Waits until a client's status is as wanted.</summary>
    public static async Task<AgentStatus> WaitForAsync(this ITestClient client, Func<AgentStatus, bool> wanted, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(wanted);
        while (true)
        {
            var status = await client.StatusAsync(cancellationToken).ConfigureAwait(false);
            if (wanted(status)) return status;
            await Task.Delay(Poll, TimeProvider.System, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Stops it in order and starts it again.</summary>
    public static async Task RestartAsync(this ITestClient client, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(client);
        await client.StopAsync().ConfigureAwait(false);
        await client.StartAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Asks a relay to stop and starts it again on its data.</summary>
    public static async Task RestartAsync(this ITestRelay relay, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(relay);
        await relay.StopAsync(cancellationToken).ConfigureAwait(false);
        await relay.StartAsync(cancellationToken).ConfigureAwait(false);
    }
}
