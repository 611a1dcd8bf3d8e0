using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace ZeroK.Client;

/// <summary>The device and its client in a hosted app: started and stopped with the host.</summary>
public sealed partial class ZeroKHost : IHostedService, IAsyncDisposable, IDisposable
{
    private static readonly TimeSpan HandlerPause = TimeSpan.FromSeconds(1);

    private readonly ZeroKOptions _options;
    private readonly SyncOptions _sync;
    private readonly IBlobHandler? _handler;
    private readonly ILogger _log;
    private readonly TaskCompletionSource<SyncClient> _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _ending = new();
    private readonly Lock _gate = new();
    private Task? _starting;
    private Device? _device;
    private SyncClient? _client;
    private Task _handling = Task.CompletedTask;
    private int _isDisposed;

    internal ZeroKHost(ZeroKOptions options, IServiceProvider services, IBlobHandler? handler)
    {
        _options = options;
        _handler = handler;
        var logging = options.Sync.LoggerFactory == NullLoggerFactory.Instance ? services.GetService<ILoggerFactory>() ?? NullLoggerFactory.Instance : options.Sync.LoggerFactory;
        var time = options.Sync.Time == TimeProvider.System ? services.GetService<TimeProvider>() ?? TimeProvider.System : options.Sync.Time;
        _sync = options.Sync with { LoggerFactory = logging, Time = time };
        _log = logging.CreateLogger<ZeroKHost>();
    }

    /// <summary>The device.</summary>
    /// <exception cref="InvalidOperationException">The host has not started yet.</exception>
    public Device Device => _device ?? throw NotStarted();

    /// <summary>The client.</summary>
    /// <exception cref="InvalidOperationException">The host has not started yet.</exception>
    public SyncClient Client => _client ?? throw NotStarted();

    /// <summary>Waits until the host has started, then gives the client.</summary>
    public Task<SyncClient> GetClientAsync(CancellationToken cancellationToken = default) => _started.Task.WaitAsync(cancellationToken);

    /// <summary>Opens or makes the device, and starts the client.</summary>
    /// <exception cref="InvalidOperationException">An option is missing or out of its range.</exception>
    /// <exception cref="DeviceException">There is no device or group and the options don't say how to make one, or the directory is in use or damaged.</exception>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        lock (_gate) return _starting ??= StartOnceAsync(cancellationToken);
    }

    /// <summary>The client, for who asks the container for it: started now if the host has not done so.</summary>
    internal SyncClient StartedClient()
    {
        Task.Run(() => StartAsync(CancellationToken.None)).GetAwaiter().GetResult();
        return Client;
    }

    private async Task StartOnceAsync(CancellationToken cancellationToken)
    {
        if (string.IsNullOrWhiteSpace(_options.Directory)) throw new InvalidOperationException("ZeroKOptions.Directory is not set.");
        if (_options.FlushOnStop < TimeSpan.Zero || _options.FlushOnStop > TimeSpan.FromMinutes(1)) throw new InvalidOperationException("ZeroKOptions.FlushOnStop is 0 to 1 min.");
        _device = !Device.Exists(_options.Directory) && _options.DeviceName is { } name ? Device.Init(_options.Directory, name) : Device.Open(_options.Directory);
        if (_device.Group is null && _options.SetUpGroup is { } setUp) await setUp(_device, cancellationToken).ConfigureAwait(false);
        _client = await SyncClient.StartAsync(_device, _sync, cancellationToken).ConfigureAwait(false);
        if (_handler is not null) _handling = Task.Run(() => HandleAsync(_client, _handler, _ending.Token), CancellationToken.None);
        _started.TrySetResult(_client);
    }

    /// <summary>Ends the handler, sends what it can within <see cref="ZeroKOptions.FlushOnStop"/>, and closes.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _ending.CancelAsync().ConfigureAwait(false);
        await _handling.ConfigureAwait(false);
        if (_client is null) return;
        await _client.SuspendAsync(_options.FlushOnStop, cancellationToken).ConfigureAwait(false);
        await _client.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>As <see cref="DisposeAsync"/>, for a container that is disposed of without waiting.</summary>
    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

    /// <summary>Closes what <see cref="StopAsync"/> has not.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0) return;
        await _ending.CancelAsync().ConfigureAwait(false);
        await _handling.ConfigureAwait(false);
        if (_client is not null) await _client.DisposeAsync().ConfigureAwait(false);
        _device?.Dispose();
        _ending.Dispose();
    }

    private static InvalidOperationException NotStarted() => new("The host has not started the device yet: use GetClientAsync, or start it first.");

    private async Task HandleAsync(SyncClient client, IBlobHandler handler, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await client.HandleAsync(handler.HandleAsync, cancellationToken).ConfigureAwait(false);
                return;
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                LogHandlerFailed(_log, e.GetType().Name);
                await Task.Delay(HandlerPause, _sync.Time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    [LoggerMessage(1, LogLevel.Error, "A blob's handler failed with {ExceptionType}; the blob comes again.")]
    private static partial void LogHandlerFailed(ILogger logger, string exceptionType);
}
