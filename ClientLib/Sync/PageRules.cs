using ZeroK.Wire;

namespace ZeroK.Client.Sync;

/// <summary>What a page must be like. Pure.</summary>
internal static class PageRules
{
    /// <summary>What is wrong with a page, or null. A page must account for every cursor from Start to Through, go on where the reader is, and move.</summary>
    public static string? Problem(Cursor after, PullResponse page)
    {
        if (page.Head.Value > WireLimits.NumberMax || page.Start.Value > WireLimits.NumberMax || page.ExpiredThrough.Value > WireLimits.NumberMax) return "A page had an impossible cursor.";
        if (page.Start.Value <= after.Value) return "A page began before what was asked for.";
        if (page.Through.Value + 1 < page.Start.Value || page.Through > page.Head) return "A page's cursors contradict each other.";
        if ((ulong)page.Blobs.Count != page.Through.Value + 1 - page.Start.Value) return "A page did not account for every cursor.";
        if (page.Through < page.Head && page.Through.Value <= after.Value) return "A page said that there is more, and gave nothing.";
        for (var i = 0; i < page.Blobs.Count; i++)
        {
            var blob = page.Blobs[i];
            if (blob.Cursor.Value != page.Start.Value + (ulong)i) return "A page left out a cursor or gave one twice.";
            if (blob.Sequence is 0 or > WireLimits.NumberMax) return "A page had a blob with an impossible sequence.";
        }

        return null;
    }

    /// <summary>The cursors after <paramref name="after"/> that expired before they were read, or null.</summary>
    public static (Cursor First, Cursor Last)? Expired(Cursor after, PullResponse page)
    {
        var last = Math.Min(page.Start.Value - 1, page.ExpiredThrough.Value);
        return last > after.Value ? (after.Next, new Cursor(last)) : null;
    }
}
