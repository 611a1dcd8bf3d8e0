using ZeroK.Cli.Terminal;
using ZeroK.Client;
using ZeroK.Wire;

namespace ZeroK.Cli.Sync;

/// <summary>What people call the group's devices. The names come from the relay, sealed; while it can't be asked, the first digits of the id stand for one.</summary>
internal sealed class SenderNames(ISyncSession session, TimeProvider time)
{
    private static readonly TimeSpan WaitAtMost = TimeSpan.FromSeconds(2), AskAgainAfter = TimeSpan.FromSeconds(30);

    private readonly Dictionary<DeviceId, string> _names = [];
    private readonly Lock _gate = new();
    private long? _askedAt;

    /// <summary>A device's name; where two have the same, with the first digits of the id.</summary>
    public string Of(DeviceId device)
    {
        lock (_gate)
        {
            if (!_names.TryGetValue(device, out var name)) return Display.Short(device);
            return _names.Values.Count(n => n == name) > 1 ? $"{name} ({Display.Short(device)})" : name;
        }
    }

    /// <summary>Asks the relay if the device is not known yet; not for long, and not again and again.</summary>
    public async Task LookUpAsync(DeviceId device, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (_names.ContainsKey(device) || !session.Status.IsOnline || (_askedAt is { } at && time.GetElapsedTime(at) < AskAgainAfter)) return;
            _askedAt = time.GetTimestamp();
        }

        using var late = new CancellationTokenSource(WaitAtMost, time);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        try
        {
            Take(await session.ListDevicesAsync(end.Token));
        }
        catch (Exception e) when (e is SyncException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            // The relay is busy or away: a name is not worth holding a blob back.
            _askedAt = time.GetTimestamp();
        }
    }

    private void Take(IReadOnlyList<GroupDevice> devices)
    {
        lock (_gate)
        {
            foreach (var device in devices)
                if (device.Name is { Length: > 0 } name) _names[device.Id] = Display.Safe(name);
        }
    }
}
