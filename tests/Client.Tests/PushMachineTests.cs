using Xunit;
using ZeroK.Client.Session;
using ZeroK.Client.Store;
using ZeroK.Wire;

namespace ZeroK.Client.Tests;

public sealed class PushMachineTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly List<OutboxEntry> _outbox = [.. Enumerable.Range(1, 9).Select(i => new OutboxEntry((ulong)i, BlobId.New(), new byte[10]))];
    private readonly List<PushEffect> _done = [];
    private bool _isGivenUp;

    [Fact]
    public void Answers_that_come_in_another_order_settle_in_the_order_of_the_pushes()
    {
        var machine = Machine();
        Tell(machine, new PushInput.Changed());
        Assert.Equal([1UL, 4, 7], Sent().Select(s => s.Entries[0].Sequence));

        Answer(machine, 2);
        Assert.Empty(Acknowledged());
        Answer(machine, 1);
        Assert.Equal([1UL, 2, 3, 4, 5, 6], Acknowledged());
        Answer(machine, 3);
        Assert.Equal(9UL, Acknowledged()[^1]);
    }

    [Fact]
    public void Refused_blob_is_sent_again_once_everything_under_way_came_back_and_the_wait_is_over()
    {
        var machine = Machine();
        Tell(machine, new PushInput.Changed());
        Answer(machine, 1, ErrorCode.StoreUnavailable, retryAfterMs: 700);
        Answer(machine, 2);
        Assert.Empty(_done.OfType<PushEffect.Wait>());
        Answer(machine, 3);
        Assert.Equal(TimeSpan.FromMilliseconds(700), Assert.Single(_done.OfType<PushEffect.Wait>()).Delay);
        Assert.Empty(Acknowledged());
        Assert.Equal(3, Sent().Count);

        Tell(machine, new PushInput.Changed());
        Assert.Equal(3, Sent().Count);
        Tell(machine, new PushInput.Elapsed());
        Assert.Equal([1UL, 4, 7], Sent().Skip(3).Select(s => s.Entries[0].Sequence));
    }

    [Fact]
    public void App_is_told_of_one_refusal_once_until_something_is_taken()
    {
        var machine = Machine();
        Tell(machine, new PushInput.Changed());
        for (var sending = 1; sending <= 6; sending++)
        {
            Answer(machine, sending, ErrorCode.GroupQuotaExceeded);
            if (sending % 3 == 0) Tell(machine, new PushInput.Elapsed());
        }

        Assert.True(Assert.IsType<PushRefused>(Assert.Single(_done.OfType<PushEffect.Tell>()).Happened).WillRetry);
        Answer(machine, 7);
        Answer(machine, 8, ErrorCode.GroupQuotaExceeded);
        Assert.Equal(2, _done.OfType<PushEffect.Tell>().Count());
    }

    // The session goes on: it still reads, and the app hears of what others push.
    [Fact]
    public void Blob_that_is_refused_for_good_stops_the_pushes_and_not_the_session()
    {
        var machine = Machine();
        Tell(machine, new PushInput.Changed());
        Answer(machine, 1);
        Answer(machine, 2, ErrorCode.BlobTooLarge);
        Answer(machine, 3, ErrorCode.OutOfOrder);
        Tell(machine, new PushInput.Changed());
        Assert.Equal(ErrorCode.BlobTooLarge, Assert.Single(_done.OfType<PushEffect.Refuse>()).Why.Code);
        Assert.Single(_done.OfType<PushEffect.Review>());
        Assert.Empty(_done.OfType<PushEffect.End>());
        Assert.Empty(_done.OfType<PushEffect.Wait>());
        Assert.Equal(3, Sent().Count);
        Assert.Equal([1UL, 2, 3], Acknowledged());
    }

    [Theory]
    [InlineData(ErrorCode.SequenceConflict)]
    [InlineData(ErrorCode.DeviceRevoked)]
    [InlineData(ErrorCode.Unauthorized)]
    public void Refused_device_ends_the_session(ErrorCode code)
    {
        var machine = Machine();
        Tell(machine, new PushInput.Changed());
        Answer(machine, 1, code);
        Assert.Single(_done.OfType<PushEffect.Refuse>());
        Assert.Equal((true, code), Assert.Single(_done.OfType<PushEffect.End>()).Why is var why ? (why.IsPermanent, why.Code) : default);
        var before = _done.Count;
        Answer(machine, 2);
        Assert.Equal(before, _done.Count);
    }

    [Fact]
    public void What_was_taken_before_a_wrong_answer_is_noted_first()
    {
        var machine = Machine();
        Tell(machine, new PushInput.Changed());
        Tell(machine, new PushInput.Answered(2, new PushAck([])));
        Answer(machine, 1);
        Assert.Equal([1UL, 2, 3], Acknowledged());
        Assert.Equal(ErrorCode.InvalidMessage, Assert.IsType<PushEffect.End>(_done[^1]).Why.Code);
    }

    [Fact]
    public void Nothing_is_read_for_a_relay_that_was_given_up()
    {
        var machine = Machine();
        _isGivenUp = true;
        Tell(machine, new PushInput.Changed());
        Assert.Empty(_done);
    }

    [Fact]
    public void First_push_to_a_relay_that_knows_nothing_of_the_device_goes_alone_until_it_is_taken()
    {
        var machine = Machine(relayLast: 0);
        Tell(machine, new PushInput.Changed());
        Tell(machine, new PushInput.Changed());
        Assert.Single(Sent());
        Answer(machine, 1);
        Assert.Equal(3, Sent().Count);
    }

    [Fact]
    public void Session_begins_behind_what_the_relay_has_and_keeps_to_its_limits()
    {
        var machine = Machine(relayLast: 5, delivered: 5, pushBlobs: 2);
        Tell(machine, new PushInput.Changed());
        Assert.Equal([6UL, 7, 8, 9], Sent().SelectMany(s => s.Message.Blobs).Select(b => b.Sequence));
        Assert.Equal(2, Sent().Count);
    }

    private static PushMachine Machine(ulong relayLast = 1, ulong delivered = 0, uint pushBlobs = 3)
    {
        var limits = new RelayLimits(1 << 20, pushBlobs, 1 << 20, 100, 1 << 20, 1 << 30, 3600, 30);
        var welcome = new Welcome(default, Cursor.Zero, Cursor.Zero, Cursor.Zero, relayLast, default, 0, 1, limits);
        return new PushMachine(welcome, delivered, SyncOptions.Default with { BackoffFirst = TimeSpan.FromMilliseconds(1) }, new Random(1));
    }

    private void Tell(PushMachine machine, PushInput happened)
    {
        foreach (var effect in machine.Step(happened, _isGivenUp, Now))
        {
            _done.Add(effect);
            if (effect is PushEffect.Read read) Tell(machine, new PushInput.HasRead([.. _outbox.Where(e => e.Sequence >= read.From).Take(read.Blobs)]));
        }
    }

    private void Answer(PushMachine machine, int sending, ErrorCode code = ErrorCode.None, uint retryAfterMs = 0)
    {
        var sent = Sent()[sending - 1];
        Tell(machine, new PushInput.Answered(sending, new PushAck([.. sent.Entries.Select(e => new PushResult(e.Id, code, new Cursor(e.Sequence), 0, retryAfterMs))])));
    }

    private List<PushEffect.Send> Sent() => [.. _done.OfType<PushEffect.Send>()];

    private List<ulong> Acknowledged() => [.. _done.OfType<PushEffect.Acknowledge>().SelectMany(a => a.Entries).Select(e => e.Entry.Sequence)];
}
