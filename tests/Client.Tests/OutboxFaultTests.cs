using System.Text;
using Xunit;
using ZeroK.Client.Envelopes;
using ZeroK.Client.Store;
using ZeroK.Client.Tests.Fakes;
using ZeroK.Wire;

namespace ZeroK.Client.Tests;

public sealed class OutboxFaultTests
{
    private static ReadOnlyMemory<byte> Bytes(string text) => Encoding.UTF8.GetBytes(text);

    [Fact]
    public async Task Push_whose_commit_failed_is_refused_and_the_next_takes_its_place_in_the_chain()
    {
        await using var rig = new Rig();
        var store = new FaultyStateStore(new MemoryStateStore());
        var a = rig.Start(1, store);
        await a.PushAsync(Bytes("one"));
        store.FailAppend(happens: false);
        await Assert.ThrowsAsync<SyncException>(() => a.PushAsync(Bytes("lost")).AsTask());
        Assert.Equal(2UL, (await a.PushAsync(Bytes("two"))).Sequence);
        await AssertSentAsync(rig, a, "one", "two");
    }

    [Fact]
    public async Task Push_whose_commit_happened_though_it_was_reported_as_failed_is_accepted_and_sent_once()
    {
        await using var rig = new Rig();
        var store = new FaultyStateStore(new MemoryStateStore());
        var a = rig.Start(1, store);
        await a.PushAsync(Bytes("one"));
        store.FailAppend(happens: true);
        var receipt = await a.PushAsync(Bytes("two"));
        Assert.Equal(2UL, receipt.Sequence);
        Assert.Equal(3UL, (await a.PushAsync(Bytes("three"))).Sequence);
        await AssertSentAsync(rig, a, "one", "two", "three");
        using var patience = Rig.Patience();
        Assert.Equal(new Cursor(2), await receipt.Durable.WaitAsync(patience.Token));
    }

    [Theory]
    [InlineData(false, "one", "three")]
    [InlineData(true, "one", "two", "three")]
    public async Task Chain_is_read_back_before_the_next_push_if_it_could_not_be_read_at_once(bool happens, params string[] sent)
    {
        await using var rig = new Rig();
        var store = new FaultyStateStore(new MemoryStateStore());
        rig.Relay.IsDown = true;
        var a = rig.Start(1, store);
        await a.PushAsync(Bytes("one"));
        store.FailLoads(1);
        store.FailAppend(happens);
        var unsure = await Assert.ThrowsAsync<SyncException>(() => a.PushAsync(Bytes("two")).AsTask());
        Assert.Contains("not known", unsure.Message, StringComparison.Ordinal);
        Assert.Equal((ulong)sent.Length, (await a.PushAsync(Bytes("three"))).Sequence);
        rig.Relay.IsDown = false;
        await AssertSentAsync(rig, a, sent);
    }

    [Theory]
    [InlineData(false, 0)]
    [InlineData(true, 0)]
    [InlineData(false, 3)]
    [InlineData(true, 3)]
    public async Task Acknowledgement_that_could_not_be_noted_loses_nothing_and_sends_no_second_copy(bool happens, int failedLoads)
    {
        await using var rig = new Rig();
        var store = new FaultyStateStore(new MemoryStateStore());
        rig.Relay.IsDown = true;
        var a = rig.Start(1, store);
        var receipt = await a.PushAsync(Bytes("one"));
        store.FailAcknowledge(happens);
        store.FailLoads(failedLoads);
        rig.Relay.IsDown = false;
        using var patience = Rig.Patience();
        await receipt.Durable.WaitAsync(patience.Token);
        await a.FlushAsync(patience.Token);
        await a.PushAsync(Bytes("two"));
        await AssertSentAsync(rig, a, "one", "two");
    }

    // Everything left the outbox, each once, and every envelope names the one before it.
    private static async Task AssertSentAsync(Rig rig, SyncClient client, params string[] texts)
    {
        using var patience = Rig.Patience();
        await client.FlushAsync(patience.Token);
        Assert.Equal((0L, 0L), (client.Status.PendingBlobs, client.Status.PendingBytes));
        var (sent, hash) = (new List<string>(), new byte[32]);
        foreach (var blob in rig.Relay.Log)
        {
            Assert.Equal(UndecryptableReason.None, Envelope.TryOpen(rig.Keys(), rig.Group, blob.Sender, blob.Id, blob.Envelope.Span, out var opened));
            Assert.Equal(hash, opened.Header.Previous.ToArray());
            sent.Add(Encoding.UTF8.GetString(opened.Payload.Span));
            hash = Envelope.Hash(blob.Envelope.Span);
        }

        Assert.Equal(texts, sent);
    }
}
