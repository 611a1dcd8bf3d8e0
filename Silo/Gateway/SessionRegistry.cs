using System.Collections.Concurrent;
using ZeroK.Wire;

namespace ZeroK.Gateway;

/// <summary>What the registry knows of a session.</summary>
internal interface IRegisteredSession
{
    /// <summary>The session's device.</summary>
    DeviceId Device { get; }

    /// <summary>Whether its HELLO was accepted.</summary>
    bool IsLive { get; }

    /// <summary>The group's head moved. Neither waits nor throws.</summary>
    void OfferNotify(ulong head);

    /// <summary>A device of the group was blocked. Neither waits nor throws.</summary>
    void OfferRevoked(DeviceId device);

    /// <summary>Says goodbye and ends the session. Neither waits nor throws.</summary>
    void Close(ErrorCode code, uint retryAfterMs, string text);
}

/// <summary>Sessions by their group's pseudonym. A session enters before its HELLO goes to the group, so that no change between the group's answer and here is missed; it counts as live only once accepted.</summary>
internal sealed class SessionRegistry
{
    private readonly ConcurrentDictionary<Guid, IRegisteredSession[]> _groups = new();
    private readonly Lock _gate = new();

    /// <summary>Adds a session that is asking to be admitted.</summary>
    public void Add(Guid group, IRegisteredSession session)
    {
        lock (_gate) _groups[group] = [.. Of(group), session];
    }

    /// <summary>The session was admitted: earlier live sessions of its device, for the caller to close.</summary>
    public IReadOnlyList<IRegisteredSession> Replace(Guid group, IRegisteredSession session)
    {
        lock (_gate)
        {
            var older = Of(group).Where(s => !ReferenceEquals(s, session) && s.IsLive && s.Device == session.Device).ToArray();
            if (older.Length > 0) _groups[group] = [.. Of(group).Except(older)];
            return older;
        }
    }

    /// <summary>Takes a session out. True if its device has no other session of the group here.</summary>
    public bool Remove(Guid group, IRegisteredSession session)
    {
        lock (_gate)
        {
            var rest = Of(group).Where(s => !ReferenceEquals(s, session)).ToArray();
            if (rest.Length == 0) _groups.TryRemove(group, out _);
            else _groups[group] = rest;
            return !rest.Any(s => s.IsLive && s.Device == session.Device);
        }
    }

    /// <summary>Tells a group's sessions the head, but for one device.</summary>
    public void Notify(Guid group, ulong head, ReadOnlySpan<byte> exceptDevice)
    {
        DeviceId? except = exceptDevice.Length == DeviceId.Size ? new DeviceId(exceptDevice) : null;
        foreach (var session in Of(group))
        {
            if (session.Device != except) session.OfferNotify(head);
        }
    }

    /// <summary>Tells a group's sessions that a device was blocked, and ends that device's.</summary>
    public void Revoked(Guid group, ReadOnlySpan<byte> device)
    {
        if (device.Length != DeviceId.Size) return;
        var id = new DeviceId(device);
        foreach (var session in Of(group))
        {
            if (session.Device == id) session.Close(ErrorCode.DeviceRevoked, 0, Refusals.TextOf(ErrorCode.DeviceRevoked));
            else session.OfferRevoked(id);
        }
    }

    /// <summary>A group's sessions, those that ask to be admitted included.</summary>
    public IReadOnlyList<IRegisteredSession> SessionsOf(Guid group) => Of(group);

    private IRegisteredSession[] Of(Guid group) => _groups.GetValueOrDefault(group, []);
}
