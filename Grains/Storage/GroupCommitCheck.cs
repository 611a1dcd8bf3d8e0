namespace ZeroK.Grains.Storage;

/// <summary>What every store asks of a commit before it touches anything.</summary>
public static class GroupCommitCheck
{
    /// <summary>The highest sequence or time that a store keeps: numbers are signed 64-bit integers in every database.</summary>
    public const ulong NumberMax = long.MaxValue;

    /// <summary>Throws for a commit that contradicts itself: a bug of the caller, not a state of the store.</summary>
    /// <param name="commit">The commit.</param>
    /// <param name="keepsNames">Whether the store keeps names of bodies that lie elsewhere.</param>
    /// <exception cref="ArgumentException">The appends are not consecutive, the row's last cursor does not follow from them, a number passes <see cref="NumberMax"/>, or a body lies elsewhere and this store keeps no names.</exception>
    public static void Validate(GroupCommit commit, bool keepsNames = true)
    {
        ArgumentNullException.ThrowIfNull(commit);
        var last = commit.ExpectedLastCursor;
        foreach (var append in commit.Appends)
        {
            if (append.Cursor != last.Next)
                throw new ArgumentException($"An append has cursor {append.Cursor}; after {last} it must be {last.Next}.", nameof(commit));
            if (append.Sequence > NumberMax || append.ReceivedAtMs > NumberMax)
                throw new ArgumentException("An append's sequence or time passes what a store keeps.", nameof(commit));
            if (append.Elsewhere is not null && (!keepsNames || !append.Body.IsEmpty))
                throw new ArgumentException("An append names a body that lies elsewhere: this store keeps no names, or the append has bytes as well.", nameof(commit));
            last = append.Cursor;
        }

        if (commit.Row.LastCursor != last)
            throw new ArgumentException($"The row's last cursor is {commit.Row.LastCursor}; the appends make it {last}.", nameof(commit));
        if (commit.Row.HistoryStart > last.Next || commit.Row.HistoryStart == Wire.Cursor.Zero)
            throw new ArgumentException($"The row's history starts at {commit.Row.HistoryStart}; it must lie between 1 and {last.Next}.", nameof(commit));
    }
}
