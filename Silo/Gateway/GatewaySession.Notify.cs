using ZeroK.Channel;
using ZeroK.Wire;

namespace ZeroK.Gateway;

internal sealed partial class GatewaySession
{
    private readonly Lock _unaskedGate = new();
    private List<DeviceId>? _revoked;
    private ulong _head;
    private ulong _toldHead;
    private bool _telling;

    /// <inheritdoc/>
    public void OfferNotify(ulong head)
    {
        lock (_unaskedGate)
        {
            if (head <= _head) return;
            _head = head;
            if (!IsLive || _telling) return;
            _telling = true;
        }

        TellUnasked();
    }

    /// <inheritdoc/>
    public void OfferRevoked(DeviceId device)
    {
        lock (_unaskedGate)
        {
            // Bounded: a group has no more devices than that, and each is blocked once.
            _revoked ??= [];
            if (_revoked.Count < WireLimits.DevicesMax) _revoked.Add(device);
            if (!IsLive || _telling) return;
            _telling = true;
        }

        TellUnasked();
    }

    // WELCOME is on its way and told this head; what came meanwhile is told now.
    private void Begin(ulong welcomeHead)
    {
        lock (_unaskedGate)
        {
            Volatile.Write(ref _live, 1);
            _toldHead = welcomeHead;
            if (_head < welcomeHead) _head = welcomeHead;
            if (_head == _toldHead && _revoked is null) return;
            _telling = true;
        }

        TellUnasked();
    }

    // One sender at a time: while it waits for a slow peer, heads replace one another in _head, and only the latest is sent next.
    private async void TellUnasked()
    {
        try
        {
            await Task.Yield();
            while (NextUnasked() is { } message)
            {
                await _channel.SendAsync(0, message);
                await _channel.TakenAsync();
                if (message is Notify) _context.Instruments.Notified();
            }
        }
        catch (ChannelException broken)
        {
            LogBroken(_context.Log, broken.Failure);
        }
        catch (Exception fault)
        {
            LogSessionFault(_context.Log, fault.GetType().Name, fault.StackTrace);
        }
    }

    private WireMessage? NextUnasked()
    {
        lock (_unaskedGate)
        {
            if (_closing is null)
            {
                if (_revoked is { Count: > 0 } revoked)
                {
                    var device = revoked[0];
                    revoked.RemoveAt(0);
                    return new DeviceRevoked(device);
                }

                if (_head > _toldHead)
                {
                    _toldHead = _head;
                    return new Notify(new Cursor(_head));
                }
            }

            _telling = false;
            return null;
        }
    }
}
