using ZeroK.Grains.Storage;
using ZeroK.Wire;

namespace ZeroK.Storage.PostgreSql;

/// <summary>Commits of one group that follow each other, as one change: each row of the table is touched once.</summary>
/// <remarks>All of it goes in or none: the first commit's fence is the fence of all, since each next one expects what the one before leaves.</remarks>
internal sealed class GroupChange
{
    // In the order of cursors, without a hole: the first one's follows what the group must have.
    private readonly List<(Append Append, BlobState State)> _appends = [];

    public GroupChange(GroupCommit first)
    {
        (Group, Epoch, Expected, Row) = (first.Group, first.Epoch, first.ExpectedLastCursor, first.Row);
        Add(first);
    }

    public Guid Group { get; }

    /// <summary>The epoch that must be the group's; 0 creates it.</summary>
    public ulong Epoch { get; }

    /// <summary>The last cursor that must be the group's.</summary>
    public Cursor Expected { get; }

    /// <summary>The group's row afterwards.</summary>
    public GroupRow Row { get; private set; }

    /// <summary>New entries, those without a body included; what the same change trims is left out.</summary>
    public IEnumerable<(Append Append, BlobState State)> Appends => _appends.Where(a => a.Append.Cursor >= Row.HistoryStart);

    public Dictionary<DeviceId, DeviceRow> Devices { get; } = [];

    /// <summary>Rows of devices that go. A device is here or in <see cref="Devices"/>.</summary>
    public HashSet<DeviceId> Gone { get; } = [];

    /// <summary>Bodies to drop of entries that are in the table.</summary>
    public Dictionary<ulong, BlobState> Dropped { get; } = [];

    /// <summary>Whether a body may have gone, so that the oldest one must be looked for.</summary>
    public bool BodiesWent { get; private set; }

    /// <summary>When the first new body came, Unix milliseconds; null if there is none.</summary>
    public long? FirstBodyMs => Appends.Where(a => a.State == BlobState.Present).Select(a => (long?)a.Append.ReceivedAtMs).FirstOrDefault();

    /// <summary>When the first of its named bodies was put, Unix milliseconds; null if there is none.</summary>
    public long? PutFromMs { get; private set; }

    /// <summary>When the last of its named bodies was put.</summary>
    public long? PutToMs { get; private set; }

    /// <summary>Whether a commit expects exactly what this change leaves.</summary>
    public bool IsFollowedBy(GroupCommit next) => next.Epoch == Math.Max(Epoch, 1) && next.ExpectedLastCursor == Row.LastCursor;

    public void Add(GroupCommit commit)
    {
        foreach (var append in commit.Appends)
        {
            _appends.Add((append, BlobState.Present));
            if (append.Elsewhere is not { } body) continue;
            var putMs = (long)Math.Min(body.PutAtMs, long.MaxValue);
            PutFromMs = Math.Min(PutFromMs ?? putMs, putMs);
            PutToMs = Math.Max(PutToMs ?? putMs, putMs);
        }

        foreach (var device in commit.Devices)
        {
            Devices[device.Id] = device;
            Gone.Remove(device.Id);
        }

        foreach (var gone in commit.Gone)
        {
            Devices.Remove(gone);
            Gone.Add(gone);
        }

        foreach (var (cursor, state) in commit.Dropped)
        {
            if (cursor > Expected && cursor.Value - Expected.Value <= (ulong)_appends.Count)
            {
                var place = (int)(cursor.Value - Expected.Value) - 1;
                _appends[place] = (_appends[place].Append, state);
            }
            else
            {
                Dropped[cursor.Value] = state;
            }
        }

        BodiesWent |= commit.Dropped.Count > 0;
        Row = commit.Row;
    }
}
