namespace ZeroK.Transport;

/// <summary>Why a transport wasn't used.</summary>
/// <param name="Kind">Which.</param>
/// <param name="Reason">For a person.</param>
public sealed record DialFailure(TransportKind Kind, string Reason);

/// <summary>A connection, and which transports failed before it was made.</summary>
/// <param name="Connection">The first that was made. Its Kind says by which transport.</param>
/// <param name="Failures">Empty when the preferred transport was the first.</param>
public sealed record DialResult(IConnection Connection, IReadOnlyList<DialFailure> Failures);

/// <summary>Connects by the first transport that answers (in the manner of RFC 8305): each gets a head start over the next; when one fails, the next begins at once.</summary>
public sealed class RacingDialer(IReadOnlyList<ITransport> transports, TimeProvider time)
{
    /// <summary>All transports of this build, with the system's clock.</summary>
    public RacingDialer() : this(Transports.All, TimeProvider.System) { }

    /// <summary>How long a transport is tried alone before the next begins. Default 250 ms.</summary>
    public TimeSpan HeadStart { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>Connects. The losers are cancelled, and disposed of if they connect all the same.</summary>
    /// <exception cref="TransportException">None could; the message names each one's reason.</exception>
    public async ValueTask<DialResult> ConnectAsync(RelayEndpoint endpoint, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        using var race = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var failures = new List<DialFailure>();
        var running = new List<(TransportKind Kind, Task<IConnection> Task)>();
        IConnection? won = null;
        try
        {
            var next = 0;
            while (won is null)
            {
                while (next < transports.Count && !transports[next].IsSupported(out var why)) failures.Add(new DialFailure(transports[next++].Kind, why ?? "not supported"));
                if (next < transports.Count)
                {
                    running.Add((transports[next].Kind, StartAsync(transports[next], endpoint, race.Token)));
                    next++;
                }
                else if (running.Count == 0)
                {
                    throw new TransportException($"Can't connect to the relay. {string.Join("; ", failures.Select(f => f.Reason))}.");
                }

                won = await FirstAsync(running, failures, hasNext: next < transports.Count, race.Token).ConfigureAwait(false);
            }

            if (running.Count > 0) failures.AddRange(running.Select(r => new DialFailure(r.Kind, $"{r.Kind}: slower than {won.Kind}")));
            return new DialResult(won, failures);
        }
        finally
        {
            // Losers learn of it here; what they connected in spite of it is closed.
            await race.CancelAsync().ConfigureAwait(false);
            foreach (var (_, task) in running) _ = DropAsync(task);
        }
    }

    /// <summary>Waits until one has connected (it is returned), all have failed, or the next should start. Takes the finished ones off the list.</summary>
    private async Task<IConnection?> FirstAsync(List<(TransportKind Kind, Task<IConnection> Task)> running, List<DialFailure> failures, bool hasNext, CancellationToken cancellationToken)
    {
        using var headStart = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var timer = hasNext ? Task.Delay(HeadStart, time, headStart.Token) : Task.Delay(Timeout.InfiniteTimeSpan, time, headStart.Token);
        try
        {
            while (running.Count > 0)
            {
                await Task.WhenAny(running.Select(r => (Task)r.Task).Append(timer)).ConfigureAwait(false);
                var ended = running.FindIndex(r => r.Task.IsCompleted);
                if (ended < 0)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    return null;
                }

                var (kind, task) = running[ended];
                running.RemoveAt(ended);
                if (task.IsCompletedSuccessfully) return await task.ConfigureAwait(false);
                cancellationToken.ThrowIfCancellationRequested();
                failures.Add(new DialFailure(kind, task.Exception?.InnerException is TransportException e ? e.Message : $"{kind}: {task.Exception?.InnerException?.Message ?? "given up"}"));
                if (hasNext) return null;
            }

            return null;
        }
        finally
        {
            await headStart.CancelAsync().ConfigureAwait(false);
        }
    }

    // Async, so that what a transport throws at once is a failed attempt like others.
    private static async Task<IConnection> StartAsync(ITransport transport, RelayEndpoint endpoint, CancellationToken cancellationToken) =>
        await transport.ConnectAsync(endpoint, cancellationToken).ConfigureAwait(false);

    private static async Task DropAsync(Task<IConnection> task)
    {
        await ((Task)task).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (task.IsCompletedSuccessfully) await (await task.ConfigureAwait(false)).DisposeAsync().ConfigureAwait(false);
    }
}
