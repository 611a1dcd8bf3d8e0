using Xunit;
using ZeroK.Client.Session;
using ZeroK.Client.Store;
using ZeroK.Wire;

namespace ZeroK.Client.Tests;

public sealed class PushWindowTests
{
    private const int Batch = 3, Bytes = 1 << 20;

    // A relay that has nothing of a device takes the first sequence that it sees for the first: if 4 overtook 1, then 1 would be refused for ever.
    [Fact]
    public void First_push_to_a_relay_that_does_not_know_the_device_goes_alone()
    {
        var window = new PushWindow(0, isKnown: false, 16, Bytes);
        Assert.Equal((1UL, Batch, Bytes), window.Room(Batch, Bytes));
        window.Sent(Entries(1, 3));
        Assert.Null(window.Room(Batch, Bytes));

        // Refused: still nothing of it is there.
        window.Returned(Entries(1, 3));
        window.Pause();
        window.Resume(0);
        window.Sent(Entries(1, 3));
        Assert.Null(window.Room(Batch, Bytes));
        window.Returned(Entries(1, 3));
        window.Taken();
        window.Sent(Entries(4, 6));
        Assert.Equal((7UL, Batch, Bytes - 30), window.Room(Batch, Bytes));
    }

    [Fact]
    public void Known_device_sends_up_to_the_window()
    {
        var window = new PushWindow(7, isKnown: true, 4, Bytes);
        window.Sent(Entries(8, 10));
        Assert.Equal((11UL, 1), window.Room(Batch, Bytes) is var (from, blobs, _) ? (from, blobs) : default);
        window.Sent(Entries(11, 11));
        Assert.Null(window.Room(Batch, Bytes));
        window.Returned(Entries(8, 10));
        Assert.Equal((12UL, 3), window.Room(Batch, Bytes) is var (next, more, _) ? (next, more) : default);
    }

    // What was sent, the codes that came back, how far the relay had acknowledged before: what is taken, and which sequence is refused.
    [Theory]
    [InlineData(1, "0 0 0", 0, 3, 0)]
    [InlineData(1, "0 1008 1008", 0, 1, 2)]
    [InlineData(4, "0 0 0", 0, 0, 0)]
    [InlineData(4, "1008 1008 1008", 0, 0, 0)]
    [InlineData(2, "0 0 0", 3, 3, 0)]
    [InlineData(2, "0 1008 0", 3, 1, 0)]
    public void Only_an_unbroken_prefix_counts(ulong first, string codes, ulong delivered, int taken, ulong refused)
    {
        var entries = Entries(first, first + 2);
        PushResult[] results = [.. codes.Split(' ').Select((c, i) => new PushResult(entries[i].Id, (ErrorCode)int.Parse(c, System.Globalization.CultureInfo.InvariantCulture), new Cursor(first + (ulong)i), 0, 0))];
        var settled = PushWindow.Settle(entries, results, delivered);
        Assert.Equal((taken, refused), (settled.Accepted.Count, settled.Refused?.Sequence ?? 0));
    }

    [Fact]
    public void Acknowledgement_of_another_blob_ends_the_session()
    {
        var entries = Entries(1, 1);
        Assert.Throws<SessionFailedException>(() => PushWindow.Settle(entries, [new PushResult(BlobId.New(), ErrorCode.None, new Cursor(1), 0, 0)], 0));
    }

    [Theory]
    [InlineData(0, "", 5, 0, "", nameof(DeviceKnown.Same))]
    [InlineData(6, "", 5, 5, "", nameof(DeviceKnown.Later))]
    [InlineData(5, "b", 5, 4, "a", nameof(DeviceKnown.Later))]
    [InlineData(5, "a", 5, 4, "a", nameof(DeviceKnown.Same))]
    [InlineData(3, "", 5, 4, "", nameof(DeviceKnown.Earlier))]
    [InlineData(0, "", 5, 4, "", nameof(DeviceKnown.Same))]
    public void Welcome_tells_whether_the_relay_knows_this_device(ulong relayLast, string relayBlob, ulong last, ulong delivered, string ownBlob, string known) =>
        Assert.Equal(known, WelcomeRules.Compare(relayLast, System.Text.Encoding.ASCII.GetBytes(relayBlob), last, delivered, System.Text.Encoding.ASCII.GetBytes(ownBlob)).ToString());

    private static OutboxEntry[] Entries(ulong first, ulong last) => [.. Ids(first, last).Select(i => new OutboxEntry(i, Id(i), new byte[10]))];

    private static IEnumerable<ulong> Ids(ulong first, ulong last)
    {
        for (var i = first; i <= last; i++) yield return i;
    }

    private static BlobId Id(ulong sequence)
    {
        var bytes = new byte[BlobId.Size];
        bytes[0] = (byte)sequence;
        return new BlobId(bytes);
    }
}
