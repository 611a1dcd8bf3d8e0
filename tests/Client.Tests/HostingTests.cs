using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Xunit;
using ZeroK.Channel;
using ZeroK.Client.Tests.Fakes;
using ZeroK.Noise;
using ZeroK.Transport;
using ZeroK.Wire;

namespace ZeroK.Client.Tests;

/// <summary>A device in a hosted app.</summary>
public sealed class HostingTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("zerok-host-").FullName;
    private readonly MemoryNetwork _network = new();
    private readonly StaticIdentity _identity = StaticIdentity.Generate();
    private readonly FakeRelay _relay = new();

    public void Dispose()
    {
        _identity.Dispose();
        Directory.Delete(_root, recursive: true);
    }

    [Fact]
    public async Task Host_makes_its_device_handles_blobs_and_flushes_when_it_stops()
    {
        await using var listener = await _network.ListenAsync("relay", 0);
        var serving = FakeRelayServer.ServeAsync(listener, _identity, _relay);
        Invite? invite = null;
        using var writer = HostOf("a", async (device, _) =>
        {
            using var secret = GroupSecret.Random();
            device.CreateGroup(secret, [new RelayAddress("relay", 4840, _identity.Public.Fingerprint())]);
            invite = device.CreateInvite();
            await Task.CompletedTask;
        });
        await writer.StartAsync(TestContext.Current.CancellationToken);
        using var reader = HostOf("b", (device, _) =>
        {
            device.JoinGroup(invite!);
            return ValueTask.CompletedTask;
        });
        await reader.StartAsync(TestContext.Current.CancellationToken);

        var client = await writer.Services.GetRequiredService<ZeroKHost>().GetClientAsync(TestContext.Current.CancellationToken);
        await client.PushAsync(Encoding.UTF8.GetBytes("one"));
        await client.PushAsync(Encoding.UTF8.GetBytes("two"));
        await writer.StopAsync(TestContext.Current.CancellationToken);
        Assert.Equal(2, _relay.Log.Count);
        var notes = reader.Services.GetRequiredService<Notes>();
        await Rig.UntilAsync(() => notes.Texts.Count == 3, "both notes, the first twice");
        Assert.Equal(["one", "one", "two"], notes.Texts);
        await reader.StopAsync(TestContext.Current.CancellationToken);
        using (var device = Device.Open(Path.Combine(_root, "b"))) Assert.Equal(new Cursor(2), device.ReadStatus().Received);
        invite!.Dispose();
    }

    [Fact]
    public async Task Host_without_a_directory_or_a_device_does_not_start_and_says_why()
    {
        var services = new HostApplicationBuilder();
        services.Services.AddZeroK(_ => { });
        using var host = services.Build();
        Assert.Contains("Directory", (await Assert.ThrowsAsync<InvalidOperationException>(() => host.StartAsync(TestContext.Current.CancellationToken))).Message);
        Assert.Throws<InvalidOperationException>(() => host.Services.GetRequiredService<ZeroKHost>().Client);

        var others = new HostApplicationBuilder();
        others.Services.AddZeroK(o => o.Directory = Path.Combine(_root, "none"));
        using var other = others.Build();
        Assert.Equal(DeviceProblem.NoDevice, (await Assert.ThrowsAsync<DeviceException>(() => other.StartAsync(TestContext.Current.CancellationToken))).Problem);
        Assert.Throws<InvalidOperationException>(() => others.Services.AddZeroK(_ => { }));
    }

    [Fact]
    public async Task Two_groups_live_in_one_host_each_under_its_name()
    {
        var builder = new HostApplicationBuilder();
        foreach (var name in (string[])["work", "home"])
        {
            builder.Services.AddZeroK(name, options => Offline(options, name));
            Assert.Throws<InvalidOperationException>(() => builder.Services.AddZeroK(name, options => Offline(options, name)));
        }

        builder.Services.AddZeroKHandler<IdleHandler>("work");
        using var host = builder.Build();
        await host.StartAsync(TestContext.Current.CancellationToken);
        var (work, home) = (host.Services.GetRequiredKeyedService<SyncClient>("work"), host.Services.GetRequiredKeyedService<SyncClient>("home"));
        Assert.Same(host.Services.GetRequiredKeyedService<ZeroKHost>("work").Client, work);
        await work.PushAsync(new byte[3], cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal((1, 0), (work.Status.PendingBlobs, home.Status.PendingBlobs));

        // Who reads by hand is free where no handler is.
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await work.ReceiveAsync(TestContext.Current.CancellationToken).GetAsyncEnumerator(TestContext.Current.CancellationToken).MoveNextAsync());
        Assert.Null(host.Services.GetService<SyncClient>());
        await host.StopAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_service_that_wants_the_client_in_its_constructor_gets_it_started()
    {
        var builder = new HostApplicationBuilder();
        builder.Services.AddHostedService<Pusher>();
        builder.Services.AddZeroK(options => Offline(options, "early"));
        using (var host = builder.Build())
        {
            await host.StartAsync(TestContext.Current.CancellationToken);
            Assert.Same(host.Services.GetRequiredService<ZeroKHost>().Client, host.Services.GetRequiredService<SyncClient>());
            Assert.Equal(1, host.Services.GetRequiredService<SyncClient>().Status.PendingBlobs);
            await host.StopAsync(TestContext.Current.CancellationToken);
        }

        using var device = Device.Open(Path.Combine(_root, "early"));
        Assert.Equal(1, device.ReadStatus().PendingBlobs);
    }

    [Fact]
    public void A_handlers_constructor_is_kept_when_an_app_is_trimmed() =>
        Assert.All(
            typeof(ZeroKServices).GetMethods().Where(m => m.Name == nameof(ZeroKServices.AddZeroKHandler)),
            method => Assert.Contains(method.GetGenericArguments()[0].GetCustomAttributes(false).OfType<System.Diagnostics.CodeAnalysis.DynamicallyAccessedMembersAttribute>(), a => a.MemberTypes.HasFlag(System.Diagnostics.CodeAnalysis.DynamicallyAccessedMemberTypes.PublicConstructors)));

    [Fact]
    public async Task An_apps_test_makes_a_blob_and_sees_its_acknowledgement()
    {
        var acknowledged = 0;
        var blob = ReceivedBlob.Create(Rig.Id(1), 7, "text"u8.ToArray(), "a/b", ack: (_, _) =>
        {
            acknowledged++;
            return ValueTask.CompletedTask;
        });
        await blob.AckAsync(TestContext.Current.CancellationToken);
        Assert.Equal((7UL, "a/b", 1), (blob.Sequence, blob.Label, acknowledged));
        await ReceivedBlob.Create(Rig.Id(1), 1, default).AckAsync(TestContext.Current.CancellationToken);
        Assert.Throws<ArgumentOutOfRangeException>(() => ReceivedBlob.Create(Rig.Id(1), 0, default));
    }

    [Fact]
    public void Device_ids_are_told_apart_by_programs_and_not_by_logs()
    {
        var (low, high) = (Rig.Id(1), Rig.Id(2));
        Assert.True(low < high && low <= high && high > low && high >= low);
        Assert.Equal(Math.Sign(low.CompareTo(high)), Math.Sign(string.CompareOrdinal(low.ToHex(), high.ToHex())));
        Assert.Equal(low, DeviceId.Parse(low.ToHex()));
        Assert.Equal(low.ToHex(), $"{low:x}");
        Assert.Equal($"{low}", $"{high}");
        Assert.Throws<FormatException>(() => $"{low:D}");
    }

    [Fact]
    public void A_status_is_one_line_that_names_nobody()
    {
        var line = new SyncStatus { State = SyncState.Live, Transport = TransportKind.Quic, Relay = Rig.Address, PendingBlobs = 3, PendingBytes = 99, Received = new Cursor(5), Head = new Cursor(9), Vector = new VersionVector([KeyValuePair.Create(Rig.Id(1), 4UL)]) }.ToString();
        Assert.Contains("Live by Quic", line, StringComparison.Ordinal);
        Assert.Contains("3 wait (99 bytes)", line, StringComparison.Ordinal);
        Assert.Contains("#5 of #9", line, StringComparison.Ordinal);
        Assert.DoesNotContain(Rig.Address.Host, line, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', line);
    }

    private void Offline(ZeroKOptions options, string name)
    {
        options.Directory = Path.Combine(_root, name);
        options.DeviceName = name;
        options.FlushOnStop = TimeSpan.Zero;
        options.Sync = SyncOptions.Default with { Transports = [_network], StartSuspended = true };
        options.SetUpGroup = (device, _) =>
        {
            using var secret = GroupSecret.Random();
            device.CreateGroup(secret, [Rig.Address]);
            return ValueTask.CompletedTask;
        };
    }

    private IHost HostOf(string name, Func<Device, CancellationToken, ValueTask> setUp)
    {
        var builder = new HostApplicationBuilder();
        builder.Services.AddSingleton<Notes>();
        builder.Services.AddZeroKHandler<NoteHandler>();
        builder.Services.AddZeroK(options =>
        {
            options.Directory = Path.Combine(_root, name);
            options.DeviceName = name;
            options.SetUpGroup = setUp;
            options.FlushOnStop = TimeSpan.FromSeconds(30);
            options.Sync = SyncOptions.Default with { Transports = [_network] };
        });
        return builder.Build();
    }

    private sealed class Notes
    {
        public List<string> Texts { get; } = [];
    }

    private sealed class IdleHandler : IBlobHandler
    {
        public ValueTask HandleAsync(ReceivedBlob blob, CancellationToken cancellationToken) => ValueTask.CompletedTask;
    }

    private sealed class Pusher(SyncClient client) : IHostedService
    {
        public async Task StartAsync(CancellationToken cancellationToken) => await client.PushAsync(new byte[1], cancellationToken: cancellationToken);

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }

    // Fails at its first blob, as a handler may: it comes again.
    private sealed class NoteHandler(Notes notes) : IBlobHandler
    {
        public ValueTask HandleAsync(ReceivedBlob blob, CancellationToken cancellationToken)
        {
            notes.Texts.Add(Encoding.UTF8.GetString(blob.Payload.Span));
            return notes.Texts.Count == 1 ? throw new IOException("not yet") : ValueTask.CompletedTask;
        }
    }
}
