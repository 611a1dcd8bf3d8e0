using System.Net;
using System.Net.Sockets;

namespace ZeroK.Transport;

/// <summary>Why a transport wasn't used.</summary>
/// <param name="Kind">Which; None if a name could not be looked up.</param>
/// <param name="Reason">For a person.</param>
public sealed record DialFailure(TransportKind Kind, string Reason);

/// <summary>A connection, and which attempts failed before it was made.</summary>
/// <param name="Connection">The first that was made. Its Kind says by which transport.</param>
/// <param name="Failures">Empty when the preferred transport was the first.</param>
/// <param name="Way">The listed address that it was made to.</param>
public sealed record DialResult(IConnection Connection, IReadOnlyList<DialFailure> Failures, RelayEndpoint Way);

/// <summary>Connects to the first of a relay's addresses that answers, by the first transport (RFC 8305): each attempt gets a head start over the next; when one fails, the next begins at once. The order is <see cref="DialRace"/>'s.</summary>
public sealed class RacingDialer(IReadOnlyList<ITransport> transports, TimeProvider time)
{
    /// <summary>All transports of this build, with the system's clock.</summary>
    public RacingDialer() : this(Transports.All, TimeProvider.System) { }

    /// <summary>How long an attempt runs alone before the next begins. Default 250 ms.</summary>
    public TimeSpan HeadStart { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>Looks a name up. Default: the system's resolver.</summary>
    public Func<string, CancellationToken, Task<IPAddress[]>> Resolve { get; init; } = Dns.GetHostAddressesAsync;

    /// <summary>Connects to a relay that has one address.</summary>
    /// <exception cref="TransportException">No transport could; the message names each one's reason.</exception>
    public ValueTask<DialResult> ConnectAsync(RelayEndpoint endpoint, CancellationToken cancellationToken = default) => ConnectAsync([endpoint], cancellationToken);

    /// <summary>Connects to a relay that has several addresses. The losers are cancelled, and disposed of if they connect all the same.</summary>
    /// <param name="ways">Its addresses, the preferred first.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="TransportException">No attempt succeeded; the message names each one's reason.</exception>
    public async ValueTask<DialResult> ConnectAsync(IReadOnlyList<RelayEndpoint> ways, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(ways);
        ArgumentOutOfRangeException.ThrowIfZero(ways.Count);
        using var race = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var attempts = new Attempts();
        try
        {
            var usable = transports.Where(t => IsSupported(t, attempts.Failures)).ToList();
            var resolves = usable.TrueForAll(t => t.TakesAddresses);
            var resolving = ways.Select((w, i) => (Way: i, Task: resolves ? ResolveAsync(w, race.Token) : Task.FromResult<IReadOnlyList<RelayEndpoint>>([w]))).ToList();
            var rules = new DialRace(usable.Count == 0 ? 0 : ways.Count, usable.Count, HeadStart);
            var startedAt = time.GetTimestamp();
            while (true)
            {
                if (usable.Count > 0) TakeResolved(resolving, rules, attempts.Failures, time.GetElapsedTime(startedAt));
                if (await attempts.TakeEndedAsync(rules).ConfigureAwait(false) is { } won) return attempts.Won(won.Connection, ways[won.Way]);
                race.Token.ThrowIfCancellationRequested();
                var step = rules.Next(time.GetElapsedTime(startedAt));
                if (step.Turn == DialTurn.Over) throw new TransportException($"Can't connect to the relay. {string.Join("; ", attempts.Failures.Select(f => f.Reason).Distinct())}.");
                if (step.Turn == DialTurn.Begin) attempts.Begin(step, usable[step.Transport], race.Token);
                else await WaitAsync(attempts.Tasks.Concat(resolving.Select(r => (Task)r.Task)), step.Delay, race.Token).ConfigureAwait(false);
            }
        }
        finally
        {
            // Losers learn of it here; what they connected in spite of it is closed.
            await race.CancelAsync().ConfigureAwait(false);
            attempts.Drop();
        }
    }

    private static bool IsSupported(ITransport transport, List<DialFailure> failures)
    {
        if (transport.IsSupported(out var why)) return true;
        failures.Add(new DialFailure(transport.Kind, why ?? "not supported"));
        return false;
    }

    private static void TakeResolved(List<(int Way, Task<IReadOnlyList<RelayEndpoint>> Task)> resolving, DialRace rules, List<DialFailure> failures, TimeSpan now)
    {
        foreach (var (way, task) in resolving.Where(r => r.Task.IsCompleted))
        {
            if (task.IsCompletedSuccessfully)
            {
                rules.Resolved(way, task.Result, now);
                continue;
            }

            rules.Resolved(way, [], now);
            if (task.Exception?.InnerException is { } e) failures.Add(new DialFailure(TransportKind.None, e is SocketException s ? TcpTransport.Describe(s) : e.Message));
        }

        resolving.RemoveAll(r => r.Task.IsCompleted);
    }

    private async Task<IReadOnlyList<RelayEndpoint>> ResolveAsync(RelayEndpoint way, CancellationToken cancellationToken) =>
        IPAddress.TryParse(way.Host, out _) ? [way] : [.. DialRace.Interleaved(await Resolve(way.Host, cancellationToken).ConfigureAwait(false)).Select(a => new RelayEndpoint(a.ToString(), way.Port))];

    private async Task WaitAsync(IEnumerable<Task> tasks, TimeSpan? delay, CancellationToken cancellationToken)
    {
        using var timer = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await Task.WhenAny(tasks.Append(Task.Delay(delay ?? Timeout.InfiniteTimeSpan, time, timer.Token))).ConfigureAwait(false);
        await timer.CancelAsync().ConfigureAwait(false);
    }

    /// <summary>The attempts of one race that run, and why others failed.</summary>
    private sealed class Attempts
    {
        private readonly List<(int Way, TransportKind Kind, Task<IConnection> Task)> _running = [];

        public List<DialFailure> Failures { get; } = [];

        public IEnumerable<Task> Tasks => _running.Select(r => (Task)r.Task);

        public void Begin(DialStep step, ITransport transport, CancellationToken cancellationToken) =>
            _running.Add((step.Way, transport.Kind, StartAsync(transport, step.Address!, cancellationToken)));

        /// <summary>Takes those that have ended off the list: the first that connected is returned.</summary>
        public async Task<(int Way, IConnection Connection)?> TakeEndedAsync(DialRace rules)
        {
            while (_running.FindIndex(r => r.Task.IsCompleted) is >= 0 and var ended)
            {
                var (way, kind, task) = _running[ended];
                _running.RemoveAt(ended);
                if (task.IsCompletedSuccessfully) return (way, await task.ConfigureAwait(false));
                rules.Failed();
                Failures.Add(new DialFailure(kind, task.Exception?.InnerException is TransportException e ? e.Message : $"{kind}: {task.Exception?.InnerException?.Message ?? "given up"}"));
            }

            return null;
        }

        public DialResult Won(IConnection connection, RelayEndpoint way)
        {
            Failures.AddRange(_running.Where(r => r.Kind != connection.Kind).Select(r => new DialFailure(r.Kind, $"{r.Kind}: slower than {connection.Kind}")));
            return new DialResult(connection, Failures, way);
        }

        public void Drop()
        {
            foreach (var (_, _, task) in _running) _ = DropAsync(task);
        }

        // Async, so that what a transport throws at once is a failed attempt like others.
        private static async Task<IConnection> StartAsync(ITransport transport, RelayEndpoint address, CancellationToken cancellationToken) =>
            await transport.ConnectAsync(address, cancellationToken).ConfigureAwait(false);

        private static async Task DropAsync(Task<IConnection> task)
        {
            await ((Task)task).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (task.IsCompletedSuccessfully) await (await task.ConfigureAwait(false)).DisposeAsync().ConfigureAwait(false);
        }
    }
}
