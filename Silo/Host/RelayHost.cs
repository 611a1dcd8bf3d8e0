using System.Buffers.Text;
using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using Orleans.Configuration;
using ZeroK.Gateway;
using ZeroK.Grains.Groups;
using ZeroK.Grains.Storage;
using ZeroK.Relay.Http;
using ZeroK.Relay.Settings;
using ZeroK.Storage.Content;
using ZeroK.Storage.PostgreSql;
using ZeroK.Transport;

namespace ZeroK.Relay;

/// <summary>A relay in this process: the only place where its parts are put together.</summary>
public sealed partial class RelayHost : IAsyncDisposable
{
    private const int ThreadsMin = 16;

    // Orleans' directory cache has room for a million grains from the start, 19 MB; where a grain is that it doesn't know, a silo asks.
    private const int CachedGrainsMax = 100_000;

    // Of a metric: OpenTelemetry has room for 2,000 from the start. No metric here has a label with more values than there are message types.
    private const int SeriesMax = 200;

    private readonly WebApplication _app;
    private readonly RelaySettings _settings;
    private readonly RelayData _data;

    private RelayHost(WebApplication app, RelaySettings settings, RelayData data) => (_app, _settings, _data) = (app, settings, data);

    /// <summary>Where devices connect: zerok-relay://host:port/fingerprint. Once started.</summary>
    public string Address => $"zerok-relay://{new RelayEndpoint(PublicHost(), Gateway.Port)}/{Base64Url.EncodeToString(_data.Identity.Public.Fingerprint())}";

    /// <summary>Where /health and /metrics are. Once started.</summary>
    public string HttpAddress => _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();

    /// <summary>The transports it listens on. Once started.</summary>
    public IReadOnlyList<TransportKind> Listening => Gateway.Listening;

    private RelayGateway Gateway => _app.Services.GetRequiredService<RelayGateway>();

    /// <summary>Opens the data directory, or the cluster's database, and puts the relay together.</summary>
    /// <param name="settings">Checked settings.</param>
    /// <param name="logging">More log providers, for tests.</param>
    /// <exception cref="DataDirectoryException">The data directory can't be used.</exception>
    /// <exception cref="StoreException">The cluster's database can't be used.</exception>
    public static async Task<RelayHost> CreateAsync(RelaySettings settings, Action<ILoggingBuilder>? logging = null)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ThreadPool.GetMinThreads(out var workers, out var ports);
        ThreadPool.SetMinThreads(Math.Max(workers, ThreadsMin), Math.Max(ports, ThreadsMin));
        var data = await RelayData.OpenAsync(settings);
        try
        {
            return new RelayHost(Build(settings, data, logging), settings, data);
        }
        catch
        {
            await data.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts; returns when devices can connect. Both ports are taken first: what is wrong with one is known before anything else runs, and is one line.</summary>
    /// <exception cref="TransportException">The port can't be listened on.</exception>
    /// <exception cref="IOException">The HTTP port can't be listened on.</exception>
    public async Task StartAsync(CancellationToken cancellationToken = default)
    {
        await Gateway.ListenAsync(cancellationToken);
        ProbeHttp();
        await _app.StartAsync(cancellationToken);
        if (_settings.PublicHost.Length == 0 && _settings.Gateway.Listen == "*") LogPublicHost(_app.Services.GetRequiredService<ILogger<RelayHost>>(), PublicHost());
    }

    /// <summary>Waits for SIGTERM or Ctrl-C, and then for what was accepted to finish.</summary>
    public Task WaitForShutdownAsync() => _app.WaitForShutdownAsync();

    /// <summary>Says BYE to all, finishes what was accepted, and stops.</summary>
    public Task StopAsync() => _app.StopAsync();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        await _data.DisposeAsync();
    }

    private static WebApplication Build(RelaySettings settings, RelayData data, Action<ILoggingBuilder>? logging)
    {
        // Empty: no configuration of its own, so that nothing but RelaySettings decides.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "zerok-relay" });
        AddLogging(builder.Logging, settings);
        logging?.Invoke(builder.Logging);
        builder.Services.Replace(ServiceDescriptor.Singleton<ILoggerFactory>(p => new NamelessLogs(new LoggerFactory(
            p.GetServices<ILoggerProvider>(), p.GetRequiredService<IOptionsMonitor<LoggerFilterOptions>>(), p.GetRequiredService<IOptions<LoggerFactoryOptions>>()))));
        builder.WebHost.UseKestrelCore().ConfigureKestrel(k =>
        {
            k.AddServerHeader = false;
            k.Listen(IPAddress.Parse(settings.HttpListen), settings.HttpPort);
        });
        var services = builder.Services;
        services.AddRoutingCore();
        services.AddMetrics();
        services.AddOpenTelemetry().ConfigureResource(r => r.AddService("zerok-relay")).WithMetrics(m => m.AddMeter(GatewayInstruments.MeterName).AddRuntimeInstrumentation().AddView(i => i is Histogram<double> ? null : new MetricStreamConfiguration { CardinalityLimit = SeriesMax }).AddPrometheusExporter());
        services.Configure<HostOptions>(o => o.ShutdownTimeout = TimeSpan.FromSeconds(settings.Gateway.ShutdownSeconds + 20));
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton(data.Store);
        services.AddSingleton(data.Pseudonyms);
        services.AddSingleton(data.Identity);
        services.AddSingleton<ITransport, TcpTransport>();
        services.AddSingleton<ITransport>(new QuicTransport());
        services.AddSingleton(Options.Create(settings.Gateway));
        services.AddSingleton(Options.Create(settings.Group));
        builder.UseOrleans(silo =>
        {
            if (settings.Cluster is { } cluster) silo.UseCluster(cluster);
            else silo.UseLoneSilo();

            silo.Services.AddSingleton<IContentClock, ContentClock>();

            // Files are one node's own: a cluster keeps contents only in a store that all its nodes reach.
            if (settings.Cluster is null) silo.Services.AddFileContents(settings.DataDirectory, settings.Content);
            else if (data.Contents is { } contents) silo.Services.AddSingleton(contents.Store).AddSingleton(contents.Index).AddContents(settings.Content);
            if (data.Store is PostgreSqlGroupStore shared) silo.Services.AddSingleton(shared).AddHostedService<BodySweeper>();
            if (data.Bodies is { } bodies) silo.Services.AddSingleton(bodies).AddSingleton(new LargeBodyStore(bodies, settings.Cluster!.InlineBytesMax));
            silo.Configure<GrainDirectoryOptions>(o => o.CacheSize = CachedGrainsMax);
            silo.Configure<SiloMessagingOptions>(o => o.ResponseTimeout = TimeSpan.FromSeconds(Math.Max(5, settings.Gateway.CallSeconds / 2)));
            silo.Services.AddGroups();
            silo.AddZeroKGateway(settings.Cluster?.PublicAddress);
        });
        var app = builder.Build();
        app.UseRouting();
        HealthEndpoints.Map(app);
        app.MapPrometheusScrapingEndpoint("/metrics");
        return app;
    }

    private static void AddLogging(ILoggingBuilder logging, RelaySettings settings)
    {
        var others = settings.LogLevel > LogLevel.Warning ? settings.LogLevel : LogLevel.Warning;
        logging.SetMinimumLevel(settings.LogLevel)
            .AddFilter("Orleans", others).AddFilter("Microsoft", others).AddFilter("System", others).AddFilter("OpenTelemetry", others).AddFilter("Polly", others)

            // Orleans' base class logs each start and range change; its watchdog compares with a time that it has not taken yet, once at start.
            .AddFilter("ZeroK.Gateway.GatewayService", others).AddFilter("Orleans.Runtime.Watchdog", LogLevel.Error);
        logging.AddConsole(o => (o.LogToStandardErrorThreshold, o.FormatterName) = (LogLevel.Trace, settings.LogFormat == LogFormat.Json ? "json" : "simple"));
        if (settings.LogFormat == LogFormat.Json) logging.AddJsonConsole(o => (o.UseUtcTimestamp, o.TimestampFormat) = (true, "O"));
        else logging.AddSimpleConsole(o => (o.SingleLine, o.UseUtcTimestamp, o.TimestampFormat) = (true, true, "yyyy-MM-ddTHH:mm:ss.fffZ "));
    }

    // The web server's own failure would come with its stack in the log.
    private void ProbeHttp()
    {
        if (_settings.HttpPort == 0) return;
        using var probe = new TcpListener(IPAddress.Parse(_settings.HttpListen), _settings.HttpPort);
        try
        {
            probe.Start();
        }
        catch (SocketException e)
        {
            throw new IOException($"{_settings.HttpListen}:{_settings.HttpPort} can't be listened on: {e.Message}. Stop the program that has it, or choose another with --http-port.", e);
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "Nobody said how devices reach this relay: its printed address has this machine's name, {Host}. If that name doesn't lead here from where they are, set --public-host to one that does.")]
    private static partial void LogPublicHost(ILogger logger, string host);

    private string PublicHost()
    {
        if (_settings.PublicHost.Length > 0) return _settings.PublicHost;
        return _settings.Gateway.Listen == "*" ? Dns.GetHostName() : _settings.Gateway.Listen;
    }
}
