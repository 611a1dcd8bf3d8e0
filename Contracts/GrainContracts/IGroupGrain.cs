using Orleans.Concurrency;
using Orleans.Services;

namespace ZeroK.GrainContracts;

/// <summary>One group: orders its blobs, keeps them, tells its devices. The grain key is the group's pseudonym on this relay (see GroupKey), so that no log line of the cluster names a group.</summary>
/// <remarks>Gateways call it for devices whose session they have authenticated. Every call names the gateway, so that a fresh activation learns whom to notify.</remarks>
[Alias("zerok.group")]
public interface IGroupGrain : IGrainWithGuidKey
{
    /// <summary>Admits a device, or refuses it: see <see cref="GroupReply.Code"/>. Durable before it returns when the group or the device is new.</summary>
    [Alias("hello")]
    Task<HelloReply> HelloAsync(Immutable<HelloRequest> request);

    /// <summary>Appends blobs. Returns after they are on stable storage. One call at a time for a session.</summary>
    [Alias("push")]
    Task<PushReply> PushAsync(Immutable<PushRequest> request);

    /// <summary>Reads a page.</summary>
    [Alias("pull")]
    Task<PullReply> PullAsync(Immutable<PullRequest> request);

    /// <summary>Notes what a device has, and forgets what nobody needs any more.</summary>
    [Alias("ack")]
    Task<GroupReply> AckAsync(Immutable<AckRequest> request);

    /// <summary>Deletes blobs of their sender.</summary>
    [Alias("delete")]
    Task<GroupReply> DeleteAsync(Immutable<DeleteRequest> request);

    /// <summary>Blocks a device and tells all gateways.</summary>
    [Alias("revoke")]
    Task<GroupReply> RevokeAsync(Immutable<RevokeRequest> request);

    /// <summary>The devices.</summary>
    [Alias("devices")]
    Task<DevicesReply> DevicesAsync(Immutable<DeviceRequest> request);

    /// <summary>A heartbeat of a connected device: keeps the grain's view of who is online, and tells the head.</summary>
    [Alias("presence")]
    Task<PresenceReply> PresenceAsync(Immutable<DeviceRequest> request);

    /// <summary>A device's session ended.</summary>
    [OneWay, Alias("leave")]
    Task LeaveAsync(Immutable<DeviceRequest> request);

    /// <summary>Drops what is older than the time to live. Called by the silo's sweeper.</summary>
    [Alias("expire")]
    Task ExpireAsync();
}

/// <summary>A silo's gateway, as grains see it. One call for each group and change, one way.</summary>
[Alias("zerok.gateway")]
public interface IGatewayService : IGrainService
{
    /// <summary>A group's head moved: tell the group's sessions here, but for the one device that caused it.</summary>
    [OneWay, Alias("notify")]
    Task NotifyAsync(Guid group, ulong head, Immutable<byte[]> exceptDevice);

    /// <summary>A device was blocked: tell the group's sessions here and end that device's.</summary>
    [OneWay, Alias("revoked")]
    Task RevokedAsync(Guid group, Immutable<byte[]> device);
}
