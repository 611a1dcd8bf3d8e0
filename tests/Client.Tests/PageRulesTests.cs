using Xunit;
using ZeroK.Client.Sync;
using ZeroK.Client.Tests.Fakes;
using ZeroK.Wire;

namespace ZeroK.Client.Tests;

public sealed class PageRulesTests
{
    // The cursors of a page from 5 on that says it reaches to 7.
    [Theory]
    [InlineData("5 6 7", null)]
    [InlineData("5 5 7", "left out a cursor")]
    [InlineData("5 7 6", "left out a cursor")]
    [InlineData("6 7 8", "left out a cursor")]
    [InlineData("5 6 8", "left out a cursor")]
    public void A_page_gives_each_cursor_once_and_in_order(string cursors, string? problem)
    {
        var blobs = cursors.Split(' ').Select(c => new PulledBlob(new Cursor(ulong.Parse(c, System.Globalization.CultureInfo.InvariantCulture)), BlobState.Own, Rig.Id(1), 1, default, 0, default)).ToList();
        var found = PageRules.Problem(new Cursor(4), new PullResponse(new Cursor(5), new Cursor(7), new Cursor(9), Cursor.Zero, blobs));
        if (problem is null) Assert.Null(found);
        else Assert.Contains(problem, found);
    }
}
