using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Concurrency;
using Orleans.Placement;
using ZeroK.GrainContracts;
using ZeroK.Grains.Storage;
using ZeroK.Wire;

namespace ZeroK.Grains.Groups;

/// <summary>The shell around <see cref="GroupState"/>: applies a command, hands its commit to the store before the first await, and answers when that is durable.</summary>
/// <remarks>Calls interleave, so that many wait for one commit. Once a commit failed or was fenced, the activation answers nothing from its state any more and goes. It starts where it is first called, on the silo that holds one of its devices, and says to others where that is.</remarks>
[Reentrant]
[PreferLocalPlacement]
internal sealed partial class GroupGrain : Grain, IGroupGrain
{
    private readonly IGroupStore _store;
    private readonly GroupOptions _options;
    private readonly TimeProvider _time;
    private readonly GroupInstruments _instruments;
    private readonly GatewayFanOut _gateways;
    private readonly IGatewayAddress _address;
    private readonly TailCache _tailCache;
    private readonly StoreOutage _outage;
    private readonly RelayWide _relay;
    private readonly RoomLease _lease;
    private readonly IBodyStore? _bodies;
    private readonly ILogger<GroupGrain> _logger;

    private GroupState? _state;
    private ErrorCode _gaveUp;
    private Task<bool> _tail = Task.FromResult(true);
    private IGrainTimer? _lazyWrite;

    public GroupGrain(IGroupStore store, IGatewayNotifier notifier, IGatewayAddress address, IOptions<GroupOptions> options, TimeProvider time, GroupInstruments instruments, StoreOutage outage, RelayWide relay, ILogger<GroupGrain> logger, IBodyStore? bodies = null)
    {
        _store = store;
        _address = address;
        _options = options.Value;
        _time = time;
        _instruments = instruments;
        _outage = outage;
        _relay = relay;
        _lease = relay.Room.Take();
        _logger = logger;
        _bodies = bodies;
        _gateways = new GatewayFanOut(this.GetPrimaryKey(), notifier, _options.OnlineFor, time);
        _tailCache = new TailCache(_options.TailCacheBytes);
    }

    private ulong NowMs => UnixMs.Now(_time);

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (await _store.TakeOverAsync(this.GetPrimaryKey(), cancellationToken) is { } snapshot)
                Load(snapshot);
            _outage.Answered();
        }
        catch (Exception e) when (e is StoreException or InvalidDataException)
        {
            if (e is StoreException) _outage.Failed(e);
            else LogDamaged(e);
            _gaveUp = ErrorCode.StoreUnavailable;
        }
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _lazyWrite?.Dispose();
        if (_gaveUp == ErrorCode.None && _state is not null) await CommitAsync();
        _lease.Dispose();
    }

    public async Task<HelloReply> HelloAsync(Immutable<HelloRequest> request)
    {
        var hello = request.Value;
        if (_gaveUp != ErrorCode.None) return Refuse(GaveUp());
        if (_state is null)
        {
            if (!hello.GroupMatchesKey || !hello.CreateGroup)
            {
                // Keep no activation for a group that isn't there.
                DeactivateOnIdle();
                return Refuse(hello.GroupMatchesKey ? ErrorCode.UnknownGroup : ErrorCode.Unauthorized);
            }

            if (_relay.Room.MayCreate() is var full && full != ErrorCode.None)
            {
                DeactivateOnIdle();
                return Refuse(full);
            }

            _state = GroupState.Create(this.GetPrimaryKey(), RandomNumberGenerator.GetBytes(16), _relay.Keys.HashOf(hello.AdmissionKey), _options);
            _relay.Room.Created();
        }

        var device = new DeviceId(hello.Device);
        var decision = _state.Hello(device, _relay.Keys.HashOf(hello.AdmissionKey), hello.SealedName, NowMs);
        if (decision.Code == ErrorCode.TooManyDevices && !await IsOwnerAsync()) return Refuse(GaveUp());
        if (decision.Code != ErrorCode.None) return Refuse(decision.Code);
        if (!await CommitAsync()) return Refuse(GaveUp());
        _gateways.Seen(device, hello.Gateway);
        return new HelloReply(ErrorCode.None, 0, _state.LogId, _state.Head.Value, _state.HistoryStart.Value, decision.Acked.Value, decision.LastSequence,
            decision.LastBlob?.ToArray() ?? [], (uint)decision.Devices, (ulong)_options.GroupBytesMax, (uint)_options.TimeToLive.TotalSeconds,
            hello.Gateway.Equals(GrainContext.Address.SiloAddress) ? "" : _address.Public);

        HelloReply Refuse(ErrorCode code) => new(Count(code), RetryAfterMs(code), [], 0, 0, 0, 0, [], 0, 0, 0);
    }

    public async Task<PushReply> PushAsync(Immutable<PushRequest> request)
    {
        var push = request.Value;
        if (Enter(push) is var code && code != ErrorCode.None) return Refuse(code);
        if (push.Blobs.Length is 0 or > WireLimits.PushBlobsMax) return Refuse(ErrorCode.InvalidMessage);
        var state = _state!;
        var decision = state.Push(new DeviceId(push.Device), push.Blobs, NowMs, RoomFor(push.Blobs));
        if (decision.Appended > 0)
        {
            CacheBodies(push.Blobs, decision.Results, state.LastCursor.Value - (ulong)decision.Appended);
            if (!await CommitAsync()) return Refuse(GaveUp());
        }
        else if (decision.Results.Any(IsOfState) ? !await IsOwnerAsync() : decision.WaitFor > state.Head && !await _tail)
        {
            return Refuse(GaveUp());
        }

        _instruments.Pushed();
        foreach (var result in decision.Results)
        {
            if (result.Code != ErrorCode.None) Count(result.Code);
        }

        return new PushReply(ErrorCode.None, 0, decision.Results, TakesNames: true);

        PushReply Refuse(ErrorCode why) => new(Count(why), RetryAfterMs(why), [], TakesNames: true);
    }

    public async Task<PullReply> PullAsync(Immutable<PullRequest> request)
    {
        var pull = request.Value;
        if (Enter(pull) is var code && code != ErrorCode.None) return Refuse(code);
        if (pull.After > _state!.Head.Value && !await IsOwnerAsync()) return Refuse(GaveUp());
        for (var attempt = 0; attempt < 3; attempt++)
        {
            var page = _state.Pull(new DeviceId(pull.Device), new Cursor(pull.After), pull.MaxBlobs, pull.MaxBytes);
            try
            {
                if (await FillAsync(page, pull.TakesNames) is { } items)
                    return new PullReply(ErrorCode.None, 0, page.Start.Value, page.Through.Value, page.Head.Value, page.ExpiredThrough.Value, items);
            }
            catch (Exception e) when (e is StoreException or BodyStoreException)
            {
                _outage.Failed(e);
                return Refuse(ErrorCode.StoreUnavailable);
            }

            // A body went while it was read: the entries have changed, so make the page anew.
            if (_gaveUp != ErrorCode.None) return Refuse(GaveUp());
        }

        return Refuse(ErrorCode.StoreUnavailable);

        PullReply Refuse(ErrorCode why) => new(Count(why), RetryAfterMs(why), 0, 0, 0, 0, []);
    }

    public async Task<GroupReply> AckAsync(Immutable<AckRequest> request)
    {
        var code = Enter(request.Value);
        if (code != ErrorCode.None) return Reply(code);
        code = _state!.Ack(new DeviceId(request.Value.Device), new Cursor(request.Value.Through));
        if (code == ErrorCode.None) WriteSoon();
        else if (!await IsOwnerAsync()) code = GaveUp();
        return Reply(code);
    }

    public async Task<GroupReply> DeleteAsync(Immutable<DeleteRequest> request)
    {
        var delete = request.Value;
        var code = Enter(delete);
        if (code != ErrorCode.None) return Reply(code);
        if (delete.Blobs.Length > WireLimits.DeleteBlobsMax || delete.Blobs.Any(b => b.Length != BlobId.Size)) return Reply(ErrorCode.InvalidMessage);
        code = _state!.Delete(new DeviceId(delete.Device), [.. delete.Blobs.Select(b => new BlobId(b))]);

        // A blob that isn't here is gone, or came after another activation took over: so in any case it is written.
        if (code == ErrorCode.None && !await IsOwnerAsync()) code = GaveUp();
        return Reply(code);
    }

    public async Task<GroupReply> RevokeAsync(Immutable<RevokeRequest> request)
    {
        var revoke = request.Value;
        var code = Enter(revoke);
        if (code != ErrorCode.None) return Reply(code);
        if (revoke.Target.Length != DeviceId.Size) return Reply(ErrorCode.InvalidMessage);
        code = _state!.Revoke(new DeviceId(revoke.Target), NowMs);
        if (!await IsOwnerAsync()) code = GaveUp();
        if (code == ErrorCode.None) _gateways.TellRevoked(revoke.Target);
        return Reply(code);
    }

    public Task<DevicesReply> DevicesAsync(Immutable<DeviceRequest> request)
    {
        var code = Enter(request.Value);
        if (code != ErrorCode.None) return Task.FromResult(new DevicesReply(Count(code), RetryAfterMs(code), []));
        DeviceItem[] items = [.. _state!.Devices().Select(d => new DeviceItem(d.Id.ToArray(), d.SealedName, d.FirstSeenMs, d.LastSeenMs, d.Acked.Value, d.LastSequence, _gateways.IsOnline(d.Id), d.Revoked))];
        return Task.FromResult(new DevicesReply(ErrorCode.None, 0, items));
    }

    public Task<PresenceReply> PresenceAsync(Immutable<DeviceRequest> request)
    {
        var code = Enter(request.Value);
        return Task.FromResult(code == ErrorCode.None
            ? new PresenceReply(code, 0, _state!.Head.Value, (uint)_gateways.Online)
            : new PresenceReply(Count(code), RetryAfterMs(code), 0, 0));
    }

    public Task LeaveAsync(Immutable<DeviceRequest> request)
    {
        _gateways.Left(new DeviceId(request.Value.Device), request.Value.Gateway);
        if (_relay.Room.IsTight && _gateways.Online == 0) DeactivateOnIdle();
        return Task.CompletedTask;
    }
}
