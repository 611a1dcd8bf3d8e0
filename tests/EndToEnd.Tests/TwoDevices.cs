using System.Text.Json;
using Xunit;

namespace ZeroK.EndToEnd.Tests;

/// <summary>A relay and the state of two devices of one group, made by the command line, for tests that go on from there.</summary>
/// <param name="name">Part of the folder's name.</param>
/// <param name="settings">More of the relay's options.</param>
public abstract class TwoDevices(string name, params string[] settings) : IAsyncLifetime
{
    private protected string Root { get; } = Directory.CreateTempSubdirectory($"zerok-{name}-").FullName;

    private protected RelayProcess Relay { get; private set; } = null!;

    private protected string DirA => Path.Combine(Root, "a");

    private protected string DirB => Path.Combine(Root, "b");

    public async ValueTask InitializeAsync()
    {
        Relay = new RelayProcess(Path.Combine(Root, "relay"), settings);
        await Relay.StartAsync();
        await Programs.RunCliAsync(DirA, "", "init", "--name", "a");
        await Programs.RunCliAsync(DirB, "", "init", "--name", "b");
        await Programs.RunCliAsync(DirA, "", "group", "create", "--relay", AddressOf(Relay));
        var link = JsonDocument.Parse(await Programs.RunCliAsync(DirA, "", "invite")).RootElement.GetProperty("link").GetString()!;
        await Programs.RunCliAsync(DirB, link + "\n", "group", "join");
    }

    /// <summary>Where the devices reach the relay. Default: at its own address.</summary>
    private protected virtual string AddressOf(RelayProcess relay) => relay.Address;

    public virtual async ValueTask DisposeAsync()
    {
        await Relay.DisposeAsync();
        Directory.Delete(Root, recursive: true);
        GC.SuppressFinalize(this);
    }
}
