using System.Collections.Concurrent;
using Orleans.Concurrency;
using ZeroK.Gateway;
using ZeroK.GrainContracts;

namespace ZeroK.Relay.Tests.Gateway;

/// <summary>A group that writes down what the gateway asks, and answers what a test says.</summary>
internal sealed class FakeGroup : IGroupGrain, IGroups
{
    public ConcurrentQueue<HelloRequest> Hellos { get; } = new();
    public ConcurrentQueue<PushRequest> Pushes { get; } = new();
    public ConcurrentQueue<AckRequest> Acks { get; } = new();
    public ConcurrentQueue<DeviceRequest> Leaves { get; } = new();

    public Func<HelloRequest, Task<HelloReply>> OnHello { get; set; } = _ => Task.FromResult(Welcome(ErrorCode.None));
    public Func<PushRequest, Task<PushReply>> OnPush { get; set; } = r => Task.FromResult(Accepted(r));
    public Func<PullRequest, Task<PullReply>> OnPull { get; set; } = _ => Task.FromResult(new PullReply(ErrorCode.None, 0, 1, 0, 0, 0, []));
    public Func<AckRequest, Task<GroupReply>> OnAck { get; set; } = _ => Task.FromResult(new GroupReply());

    public Func<DeviceRequest, Task> OnLeave { get; set; } = _ => Task.CompletedTask;

    public static HelloReply Welcome(ErrorCode code, ulong head = 0) => new(code, 0, new byte[16], head, 1, 0, 0, [], 1, 1024, 60);

    public static PushReply Accepted(PushRequest request) =>
        new(ErrorCode.None, 0, [.. request.Blobs.Select(b => new PushItemResult(ErrorCode.None, b.Sequence, 1, 0))], TakesNames: true);

    public IGroupGrain Find(Guid group) => this;

    public Task<HelloReply> HelloAsync(Immutable<HelloRequest> request)
    {
        Hellos.Enqueue(request.Value);
        return OnHello(request.Value);
    }

    public Task<PushReply> PushAsync(Immutable<PushRequest> request)
    {
        Pushes.Enqueue(request.Value);
        return OnPush(request.Value);
    }

    public Task<PullReply> PullAsync(Immutable<PullRequest> request) => OnPull(request.Value);

    public Task<GroupReply> AckAsync(Immutable<AckRequest> request)
    {
        Acks.Enqueue(request.Value);
        return OnAck(request.Value);
    }

    public Task<GroupReply> DeleteAsync(Immutable<DeleteRequest> request) => Task.FromResult(new GroupReply(ErrorCode.NotBlobOwner));

    public Task<GroupReply> RevokeAsync(Immutable<RevokeRequest> request) => Task.FromResult(new GroupReply());

    public Task<DevicesReply> DevicesAsync(Immutable<DeviceRequest> request) => Task.FromResult(new DevicesReply(ErrorCode.None, 0, []));

    public Task<PresenceReply> PresenceAsync(Immutable<DeviceRequest> request) => Task.FromResult(new PresenceReply(ErrorCode.None, 0, 7, 2));

    public Task LeaveAsync(Immutable<DeviceRequest> request)
    {
        Leaves.Enqueue(request.Value);
        return OnLeave(request.Value);
    }

    public Task ExpireAsync() => Task.CompletedTask;
}
