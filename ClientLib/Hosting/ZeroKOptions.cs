namespace ZeroK.Client;

/// <summary>How a hosted app keeps its device in sync; see <see cref="ZeroKServices.AddZeroK(Microsoft.Extensions.DependencyInjection.IServiceCollection, Action{ZeroKOptions})"/>.</summary>
public sealed class ZeroKOptions
{
    /// <summary>The device's directory. Must be set.</summary>
    public string Directory { get; set; } = "";

    /// <summary>If the directory holds no device, one is made with this name. Null: then the host doesn't start.</summary>
    public string? DeviceName { get; set; }

    /// <summary>Called if the device has no group: creates one, or joins with an invite. Null: then the host doesn't start.</summary>
    public Func<Device, CancellationToken, ValueTask>? SetUpGroup { get; set; }

    /// <summary>The client's options. Clock and logger come from the container where it has them, unless set here.</summary>
    public SyncOptions Sync { get; set; } = SyncOptions.Default;

    /// <summary>How long the host's stop waits for the outbox; what is not sent stays in it. Default 500 ms; 0 to 1 min.</summary>
    public TimeSpan FlushOnStop { get; set; } = TimeSpan.FromMilliseconds(500);
}
