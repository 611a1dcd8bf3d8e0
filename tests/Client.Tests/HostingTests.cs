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
