using System.Text;
using ZeroK.GrainContracts;
using ZeroK.Grains.Storage;
using ZeroK.Wire;

namespace ZeroK.Relay.Tests.Storage;

/// <summary>Commits to feed to a store.</summary>
internal static class Commits
{
    public static readonly byte[] LogId = [.. Enumerable.Range(0, 16).Select(i => (byte)i)];
    public static readonly byte[] AdmissionKey = [.. Enumerable.Range(0, 32).Select(i => (byte)(200 + i))];
    public static readonly DeviceId Sender = new(Enumerable.Repeat((byte)7, 32).ToArray());

    public static DeviceRow Device(DeviceId id) => new(id, [], 1, 2, Cursor.Zero, 0, 0, null, false);

    public static GroupCommit Create(Guid group) =>
        new(group, 0, Cursor.Zero, new GroupRow(LogId, AdmissionKey, Cursor.Zero, new Cursor(1), Cursor.Zero), [], [Device(Sender)], []);

    /// <summary>Appends texts after a cursor; cursor n is the sender's sequence n, received at 1000 + n.</summary>
    public static GroupCommit Append(Guid group, ulong epoch, ulong last, params string[] bodies)
    {
        var appends = bodies
            .Select((b, i) => new Append(new Cursor(last + 1 + (ulong)i), Sender, last + 1 + (ulong)i, BlobId.New(), 1001 + last + (ulong)i, Encoding.UTF8.GetBytes(b)))
            .ToList();
        var row = new GroupRow(LogId, AdmissionKey, new Cursor(last + (ulong)bodies.Length), new Cursor(1), Cursor.Zero);
        return new GroupCommit(group, epoch, new Cursor(last), row, appends, [], []);
    }

    /// <summary>The same commit, of which one append names a body that was put just now.</summary>
    public static GroupCommit Named(GroupCommit commit, int place, Guid name, int bytes, TimeSpan putAgo = default)
    {
        var putAtMs = (ulong)(TimeProvider.System.GetUtcNow() - putAgo).ToUnixTimeMilliseconds();
        return commit with { Appends = [.. commit.Appends.Select((a, i) => i == place ? a with { Elsewhere = new NamedBody(name, bytes, putAtMs) } : a)] };
    }

    public static async Task<List<string>> TextsAsync(IGroupStore store, Guid group, params ulong[] cursors)
    {
        var bodies = await store.ReadBodiesAsync(group, [.. cursors.Select(c => new Cursor(c))], CancellationToken.None);
        return [.. bodies.Select(b => Encoding.UTF8.GetString(b.Body.Span))];
    }
}
