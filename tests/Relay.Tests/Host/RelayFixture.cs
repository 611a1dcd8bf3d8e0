using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using NSec.Cryptography;
using ZeroK.Channel;
using ZeroK.Noise;
using ZeroK.Relay.Settings;
using ZeroK.Transport;
using ZeroK.Wire;

namespace ZeroK.Relay.Tests.Host;

/// <summary>A whole relay in this process, on ports that the system chooses, with all that it logs kept.</summary>
internal sealed class RelayFixture : IAsyncDisposable
{
    private readonly string _directory;
    private readonly bool _ownsDirectory;

    private RelayFixture(string directory, bool ownsDirectory) => (_directory, _ownsDirectory) = (directory, ownsDirectory);

    public RelayHost Host { get; private set; } = null!;
    public LogKeeper Logs { get; } = new();
    public RelayEndpoint Endpoint => new("127.0.0.1", new Uri(Host.Address).Port);
    public byte[] Fingerprint => Base64Url.DecodeFromChars(new Uri(Host.Address).AbsolutePath.Trim('/'));

    public static async Task<RelayFixture> StartAsync(string? directory = null, LogLevel level = LogLevel.Information)
    {
        var fixture = new RelayFixture(directory ?? Directory.CreateTempSubdirectory("zerok-relay-test-").FullName, directory is null);
        var settings = new RelaySettings
        {
            DataDirectory = fixture._directory,
            HttpPort = 0,
            LogLevel = level,
            Gateway = new() { Listen = "127.0.0.1", Port = 0, LingerSeconds = 1 },
        };
        fixture.Host = await RelayHost.CreateAsync(settings, l => l.AddFilter<LogKeeper>(null, level).AddProvider(fixture.Logs));
        await fixture.Host.StartAsync();
        return fixture;
    }

    public async ValueTask<IFrameChannel> ConnectAsync(DeviceIdentity device) =>
        await SecureChannel.ConnectAsync(await new TcpTransport().ConnectAsync(Endpoint), device, Fingerprint, ChannelOptions.Default);

    public static Hello HelloFor(IFrameChannel channel, DeviceIdentity device, Key admission)
    {
        var key = admission.PublicKey.Export(KeyBlobFormat.RawPublicKey);
        var group = new GroupId(SHA256.HashData([.. "0ksync/1 group"u8, .. key]));
        byte[] text = [.. "0ksync/1 hello"u8, .. channel.HandshakeHash.Span, .. group.ToArray(), .. device.Id.Span];
        return new Hello(group, device.SigningKey, key, SignatureAlgorithm.Ed25519.Sign(admission, text), true, ReadOnlyMemory<byte>.Empty);
    }

    public static async Task<WireMessage> AskAsync(IFrameChannel channel, uint requestId, WireMessage message)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        await channel.SendAsync(requestId, message, patience.Token);
        while (await channel.ReceiveAsync(patience.Token) is { } frame)
        {
            if (frame.RequestId == requestId) return frame.Message;
        }

        throw new InvalidOperationException("The relay closed the session.");
    }

    public async ValueTask DisposeAsync()
    {
        await Host.StopAsync();
        await Host.DisposeAsync();
        if (_ownsDirectory) Directory.Delete(_directory, recursive: true);
    }
}

/// <summary>Keeps every log line, with its category, fields and exception.</summary>
internal sealed class LogKeeper : ILoggerProvider
{
    public ConcurrentQueue<string> Lines { get; } = new();

    public ILogger CreateLogger(string categoryName) => new Keeper(this, categoryName);

    public void Dispose()
    {
    }

    private sealed class Keeper(LogKeeper owner, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            var fields = state is IEnumerable<KeyValuePair<string, object?>> pairs ? string.Join(" ", pairs.Select(p => $"{p.Key}={p.Value}")) : "";
            owner.Lines.Enqueue($"{category} {logLevel} {formatter(state, exception)} {fields} {exception}");
        }
    }
}
