using ZeroK.GrainContracts;
using ZeroK.Grains.Storage;

namespace ZeroK.Grains.Groups;

internal sealed partial class GroupGrain
{
    private const int ExpireBatch = 1000;

    public async Task ExpireAsync()
    {
        int gone;
        do
        {
            if (_gaveUp != ErrorCode.None || _state is null)
            {
                DeactivateOnIdle();
                return;
            }

            if (await LookAtClockAsync() is not var (steps, nowMs)) return;
            gone = _state.Expire(nowMs, ExpireBatch, steps);
            _instruments.Expired(gone);
            if (_state.HasChanges && !await CommitAsync()) return;
            if (_state.IsUnused(nowMs, steps) && _gateways.Online == 0)
            {
                await EndAsync();
                return;
            }
        }
        while (gone == ExpireBatch);

        // Woken for this only: nobody waits for it to stay.
        if (_gateways.Online == 0) DeactivateOnIdle();
    }

    private async Task<(ClockSteps Steps, ulong NowMs)?> LookAtClockAsync()
    {
        try
        {
            return await _relay.Clock.LookAsync(CancellationToken.None);
        }
        catch (StoreException e)
        {
            _outage.Failed(e);
            return null;
        }
    }

    // From here on nothing is answered from this activation: who comes meanwhile is asked to come again, and finds another.
    private async Task EndAsync()
    {
        var state = _state!;
        GiveUp(ErrorCode.RelayOverloaded);
        try
        {
            if (await _store.EndAsync(this.GetPrimaryKey(), state.Epoch, state.LastCursor, CancellationToken.None)) _instruments.Ended();
        }
        catch (StoreException e)
        {
            _outage.Failed(e);
        }
    }

    // A group that takes too much of what is left waits on the disk, until others have gone.
    private void Load(GroupSnapshot snapshot)
    {
        var state = GroupState.Load(this.GetPrimaryKey(), snapshot, _options);
        if (_relay.Room.MayLoad(state.Use))
        {
            _lease.Load(state.Use);
            _state = state;
            return;
        }

        _gaveUp = ErrorCode.RelayOverloaded;
    }

    private ErrorCode RoomFor(PushItem[] blobs)
    {
        long bytes = 0;
        foreach (var blob in blobs) bytes += blob.BodyBytes + GroupOptions.EntryOverheadBytes;
        return _relay.Room.MayGrow(_lease.Use, new GroupUse(bytes, blobs.Length, (long)blobs.Length * GroupOptions.EntryOverheadBytes));
    }
}
