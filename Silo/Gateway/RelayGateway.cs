using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using ZeroK.Channel;
using ZeroK.Gateway.Proxies;
using ZeroK.Noise;
using ZeroK.Transport;

namespace ZeroK.Gateway;

/// <summary>The door of the relay: listens on every transport that works here, admits connections up to the limits, and runs their sessions.</summary>
public sealed partial class RelayGateway : IAsyncDisposable
{
    private static readonly TimeSpan SweepPeriod = TimeSpan.FromSeconds(1);

    private readonly GatewayContext _context;
    private readonly GatewayOptions _options;
    private readonly IReadOnlyList<ITransport> _transports;
    private readonly StaticIdentity _identity;
    private readonly AcceptChannel _acceptChannel;
    private readonly ILogger _log;
    private readonly Door _door;
    private readonly TrustedProxies _proxies;
    private readonly ConcurrentDictionary<GatewaySession, byte> _sessions = new();
    private readonly ConcurrentDictionary<Task, byte> _running = new();
    private readonly List<IListener> _listeners = [];
    private readonly CancellationTokenSource _stopping = new();
    private volatile bool _accepting;

    internal RelayGateway(GatewayContext context, IEnumerable<ITransport> transports, StaticIdentity identity, ILoggerFactory logs, AcceptChannel? acceptChannel = null)
    {
        _context = context;
        _options = context.Options;
        _transports = [.. transports];
        _identity = identity;
        _acceptChannel = acceptChannel ?? SecureChannel.AcceptAsync;
        var log = logs.CreateLogger<RelayGateway>();
        _log = log;
        _door = new Door(context, log);
        Shares = new FrameShares(context.Frames, FrameShares.BytesOf(_options.BytesMax));
        _proxies = new TrustedProxies(_options, context.Time);
        context.Instruments.Observe(() => Sessions, () => _door.Connections, () => _door.HalfOpen, () => context.Budget.Bytes);
    }

    /// <summary>The port that the listeners share; 0 before <see cref="StartAsync"/>.</summary>
    public int Port => _listeners.Count == 0 ? 0 : _listeners[0].Port;

    /// <summary>The transports that it listens on.</summary>
    public IReadOnlyList<TransportKind> Listening => [.. _listeners.Select(l => l.Kind)];

    /// <summary>Sessions whose HELLO was accepted.</summary>
    public int Sessions => _sessions.Keys.Count(s => s.IsLive);

    /// <summary>Connections that have not said HELLO.</summary>
    public int HalfOpen => _door.HalfOpen;

    /// <summary>What begun frames hold, by address.</summary>
    internal FrameShares Shares { get; }

    /// <summary>Whether it takes connections.</summary>
    public bool IsOpen => _accepting && !_stopping.IsCancellationRequested;

    /// <summary>Listens and begins to accept.</summary>
    /// <exception cref="TransportException">The port is taken, or no transport works here.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (_listeners.Count == 0) await ListenAsync(cancellationToken);
        foreach (var listener in _listeners) Track(AcceptAllAsync(listener));
        Track(SweepAsync());
        _accepting = true;
    }

    /// <summary>Stops accepting, says BYE to all, lets what was accepted finish, and returns when all sessions are gone or the time is over.</summary>
    public async Task DrainAsync()
    {
        if (_stopping.IsCancellationRequested) return;
        await _stopping.CancelAsync();
        foreach (var listener in _listeners) await listener.DisposeAsync();
        LogDraining(_log, _sessions.Count);
        foreach (var session in _sessions.Keys)
            session.Close(ErrorCode.RelayShuttingDown, (uint)_options.RetryAfterMs, Refusals.TextOf(ErrorCode.RelayShuttingDown));
        try
        {
            await Task.WhenAll(_running.Keys).WaitAsync(TimeSpan.FromSeconds(_options.ShutdownSeconds), _context.Time);
        }
        catch (TimeoutException)
        {
            LogCutOff(_log, _sessions.Count);
            foreach (var session in _sessions.Keys) await session.AbortAsync();
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await DrainAsync();
        _stopping.Dispose();
        _context.Dispose();
    }

    /// <summary>Takes its port; connections wait until <see cref="StartAsync"/>. TCP and QUIC on one port number; TCP goes first: two processes can bind one UDP port unnoticed, but not one TCP port.</summary>
    /// <exception cref="TransportException">The port is taken, or no transport works here.</exception>
    public async Task ListenAsync(CancellationToken cancellationToken)
    {
        const int Attempts = 10;
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await ListenOnceAsync(attempt == 1, cancellationToken);
                break;
            }
            catch (TransportException)
            {
                // With port 0, the system's choice for the first was taken for the next: choose again.
                var again = _options.Port == 0 && _listeners.Count > 0 && attempt < Attempts;
                foreach (var listener in _listeners) await listener.DisposeAsync();
                _listeners.Clear();
                if (!again) throw;
            }
        }

        if (_listeners.Count == 0) throw new TransportException("No transport works on this machine.");
    }

    private async Task ListenOnceAsync(bool sayWhyNot, CancellationToken cancellationToken)
    {
        foreach (var transport in _transports)
        {
            if (!transport.IsSupported(out var why))
            {
                if (sayWhyNot) LogNotSupported(_log, transport.Kind, why ?? "");
                continue;
            }

            var port = _listeners.Count == 0 ? _options.Port : _listeners[0].Port;
            try
            {
                var listener = await transport.ListenAsync(_options.Listen, port, cancellationToken);
                (listener.Gate, listener.Crowd) = (_door.MayBegin, _door.Crowd);
                _listeners.Add(listener);
            }
            catch (TransportException taken) when (_listeners.Count > 0 && _options.Port != 0)
            {
                // The QUIC library takes a port on all addresses: a relay on another address has it, and this one has its TCP port alone.
                LogTaken(_log, transport.Kind, taken.Message);
            }
        }
    }

    private async Task AcceptAllAsync(IListener listener)
    {
        while (!_stopping.IsCancellationRequested)
        {
            IConnection connection;
            try
            {
                connection = await listener.AcceptAsync(_stopping.Token);
            }
            catch (Exception end) when (end is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (Exception fault)
            {
                LogAcceptFault(_log, listener.Kind, fault.GetType().Name);
                await Task.Delay(SweepPeriod, _context.Time);
                continue;
            }

            Track(ServeAsync(connection, wasAsked: listener.Gate is not null));
        }
    }

    private async Task ServeAsync(IConnection connection, bool wasAsked)
    {
        await Task.Yield();
        if (_proxies.Passed(connection))
        {
            if (await _proxies.OpenAsync(connection) is not { } client)
            {
                _door.SaidNotWho();
                return;
            }

            connection = client;
        }

        // One deadline for handshake and HELLO, counted from here, whatever arrives in between. It goes when HELLO was read.
        using var time = new CancellationTokenSource(_options.HelloTimeout, _context.Time);
        using var ticket = await _door.AdmitAsync(connection, wasAsked);
        if (ticket is null) return;
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(time.Token, ticket.Ended);
        using var frames = Shares.Of(connection.RemoteAddress);
        if (await HandshakeAsync(connection, frames.Budget, deadline.Token) is not { } channel) return;
        var session = new GatewaySession(_context, channel, ticket, connection.RemoteAddress);
        _sessions[session] = 0;
        if (_stopping.IsCancellationRequested)
            session.Close(ErrorCode.RelayShuttingDown, (uint)_options.RetryAfterMs, Refusals.TextOf(ErrorCode.RelayShuttingDown));
        await session.RunAsync(deadline.Token);
        _sessions.TryRemove(session, out _);
    }

    private async Task<IFrameChannel?> HandshakeAsync(IConnection connection, IFrameBudget frames, CancellationToken deadline)
    {
        var options = new ChannelOptions
        {
            HandshakeTimeout = _options.HelloTimeout,
            FrameBytesMax = Wire.WireLimits.HelloFrameBytesMax,
            SendQueueBytesMax = _options.SendQueueBytesMax,
            SendTimeout = TimeSpan.FromSeconds(_options.SendSeconds),
            FirstBytesTimeout = TimeSpan.FromSeconds(_options.FirstBytesSeconds),
            FrameTimeout = TimeSpan.FromSeconds(_options.FrameSeconds),
            BytesPerSecondMin = _options.FrameBytesPerSecondMin,
            FrameBudget = frames,
            Guard = _door.Rates,
            Time = _context.Time,
        };
        try
        {
            using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline, _stopping.Token);
            return await _acceptChannel(connection, _identity, options, either.Token);
        }
        catch (ChannelException failed)
        {
            _door.Failed(failed);
            _context.Instruments.Handshake(deadline.IsCancellationRequested ? nameof(ChannelFailure.Timeout) : failed.Failure.ToString());
            LogHandshake(_log, failed.Failure, failed.HandshakeMessage);
        }
        catch (OperationCanceledException)
        {
            _context.Instruments.Handshake(nameof(ChannelFailure.Timeout));
        }
        catch (Exception fault)
        {
            _context.Instruments.Handshake("fault");
            LogHandshakeFault(_log, fault.GetType().Name, fault.StackTrace);
        }

        return null;
    }

    // One timer for all sessions, not one each.
    private async Task SweepAsync()
    {
        using var timer = new PeriodicTimer(SweepPeriod, _context.Time);
        try
        {
            while (await timer.WaitForNextTickAsync(_stopping.Token))
            {
                _door.Report();
                foreach (var session in _sessions.Keys)
                {
                    if (session.IsIdle) session.Close(ErrorCode.None, 0, "No message for twice the keep-alive time.");
                    else await session.EndForgottenSidesAsync();
                }
            }
        }
        catch (OperationCanceledException)
        {
            LogSweepEnded(_log);
        }
    }

    private void Track(Task task)
    {
        _running[task] = 0;
        _ = task.ContinueWith(t => _running.TryRemove(t, out _), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }
}
