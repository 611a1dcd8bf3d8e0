using System.Text;
using Microsoft.Extensions.Time.Testing;
using Xunit;
using ZeroK.Client.Session;
using ZeroK.Client.Store;
using ZeroK.Client.Tests.Fakes;
using ZeroK.Wire;

namespace ZeroK.Client.Tests;

/// <summary>What was accepted is never lost: by a full outbox, by cancellation, by disposal, by a refusal for good; and a dead connection is noticed.</summary>
public sealed class PromiseTests
{
    [Fact]
    public async Task Silent_relay_is_left_and_dialed_again()
    {
        await using var rig = new Rig();
        var time = new FakeTimeProvider();
        rig.Options = rig.Options with { Time = time };
        rig.Relay.IsSilent = true;
        var a = rig.Start(1);
        await Rig.UntilAsync(() => a.Status.State == SyncState.Live, "a session");
        var since = time.GetUtcNow();
        await Rig.UntilAsync(() => Step(time) && rig.Relay.Dials > 1, "the loss noticed");

        // Not before it was asked, and left without an answer for a while. (No upper bound: the test's clock runs ahead of a loaded machine.)
        var lost = await Rig.EventAsync<Disconnected>(a);
        Assert.True((lost.At - since).TotalSeconds >= 2 * rig.Relay.Limits.KeepAliveSeconds, "Given up too early.");
        Assert.Contains("answer", lost.Reason);
        rig.Relay.IsSilent = false;
        await Rig.UntilAsync(() => Step(time) && a.Status.State == SyncState.Live, "a session again");
        Assert.True(rig.Relay.Dials >= 2);
    }

    [Fact]
    public async Task Answering_relay_is_kept_as_long_as_it_answers()
    {
        await using var rig = new Rig();
        var time = new FakeTimeProvider();
        rig.Options = rig.Options with { Time = time };
        var a = rig.Start(1);
        await Rig.UntilAsync(() => a.Status.State == SyncState.Live, "a session");
        for (var i = 0; i < 10; i++)
        {
            var asked = rig.Relay.Presences;
            await Rig.UntilAsync(() => Step(time) && rig.Relay.Presences > asked, "a question");
        }

        Assert.Equal((1, SyncState.Live), (rig.Relay.Dials, a.Status.State));
    }

    [Fact]
    public async Task Full_outbox_makes_pushes_wait_says_so_once_and_goes_on_when_there_is_room()
    {
        await using var rig = new Rig();
        rig.Options = rig.Options with { OutboxBytesMax = 4 * 1024 * 1024 };
        rig.Relay.IsDown = true;
        var a = rig.Start(1);
        for (var i = 0; i < 4; i++) await a.PushAsync(new byte[WireLimits.PayloadBytesMax]);
        var (fifth, sixth) = (a.PushAsync(Encoding.UTF8.GetBytes("fifth")).AsTask(), a.PushAsync(Encoding.UTF8.GetBytes("sixth")).AsTask());
        var full = await Rig.EventAsync<OutboxFull>(a);
        Assert.Equal(4, full.Blobs);
        Assert.Contains(a.Status.OpenProblems, p => p.Contains("outbox is full", StringComparison.Ordinal));
        Assert.False(fifth.IsCompleted || sixth.IsCompleted);

        // Giving up waiting is possible, and leaves nothing behind.
        using var impatient = new CancellationTokenSource(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await a.PushAsync(new byte[1], cancellationToken: impatient.Token));

        rig.Relay.IsDown = false;
        using var patience = Rig.Patience();
        await Task.WhenAll(fifth, sixth).WaitAsync(patience.Token);
        await a.FlushAsync(patience.Token);
        Assert.Equal(6, rig.Relay.Log.Count);
        Assert.Single(await Rig.EventsSoFarAsync(a), e => e is OutboxFull);
        Assert.DoesNotContain(a.Status.OpenProblems, p => p.Contains("outbox is full", StringComparison.Ordinal));
    }

    // Callers give up and the client is closed at moments that a seed chooses.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Cancelling_and_closing_lose_nothing_that_was_accepted(int seed)
    {
        await using var rig = new Rig();
        var random = new Random(seed);
        var store = new MemoryStateStore();
        rig.Relay.IsDown = true;
        var a = rig.Start(1, store);
        var pushes = Enumerable.Range(0, 200).Select(i =>
        {
            var giveUp = new CancellationTokenSource(TimeSpan.FromMilliseconds(random.NextDouble() * 3), TimeProvider.System);
            var payload = Encoding.UTF8.GetBytes($"{i}");
            return Task.Run(async () => (Text: $"{i}", Receipt: await a.PushAsync(payload, cancellationToken: giveUp.Token)), CancellationToken.None);
        }).ToList();
        await Task.WhenAny(pushes[random.Next(200)], Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System, CancellationToken.None));
        await a.DisposeAsync();
        await Task.WhenAll(pushes).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);

        using var keys = rig.Keys();
        var queued = StateReader.ReadOutbox(store, keys, rig.Group, Rig.Id(1)).ToDictionary(q => q.Sequence, q => Encoding.UTF8.GetString(q.Payload.Span));
        Assert.Equal(Enumerable.Range(1, queued.Count).Select(s => (ulong)s), queued.Keys);
        foreach (var (text, receipt) in pushes.Where(p => p.IsCompletedSuccessfully).Select(p => p.Result)) Assert.Equal(text, queued[receipt.Sequence]);
        Assert.Equal(queued.Count, queued.Values.Distinct().Count());
    }

    [Fact]
    public async Task Sequence_conflict_is_kept_reported_and_can_be_carried_over_to_a_new_device()
    {
        await using var rig = new Rig();
        rig.Relay.RefusePush = _ => ErrorCode.SequenceConflict;
        var store = new MemoryStateStore();
        await using (var a = rig.Start(1, store))
        {
            var receipt = await a.PushAsync(Encoding.UTF8.GetBytes("mine"), "label");
            using var patience = Rig.Patience();
            Assert.Equal(ErrorCode.SequenceConflict, (await Assert.ThrowsAsync<SyncException>(() => receipt.Durable.WaitAsync(patience.Token))).Code);
            Assert.Equal(ErrorCode.SequenceConflict, (await Rig.EventAsync<PushRefused>(a)).Code);
            Assert.Equal(ErrorCode.SequenceConflict, (await Assert.ThrowsAsync<SyncException>(() => a.FlushAsync(patience.Token))).Code);
            await Rig.UntilAsync(() => a.Status.State == SyncState.Refused, "the session ended");
            Assert.NotEmpty(a.Status.OpenProblems);
            await a.PushAsync(Encoding.UTF8.GetBytes("later"));
        }

        using var keys = rig.Keys();
        var queued = StateReader.ReadOutbox(store, keys, rig.Group, Rig.Id(1)).ToList();
        Assert.Equal(["mine", "later"], queued.Select(q => Encoding.UTF8.GetString(q.Payload.Span)));
        rig.Relay.RefusePush = null;
        var successor = rig.Start(3);
        foreach (var blob in queued) await successor.PushAsync(blob.Payload, blob.Label);
        using var again = Rig.Patience();
        await successor.FlushAsync(again.Token);
        Assert.Equal(["mine", "later"], await Rig.TakeAsync(rig.Start(2), 2));
    }

    public static TheoryData<string> WrongOptions => new("Transport", "Transports", "BackoffMax", "BackoffFirst", "ConnectTimeout", "RequestTimeout", "OutboxBytesMax", "LaggingBytesMax", "HeadStart", "FailOverAfter", "FailBackAfter", "PushWindowBlobs", "PushWindowBytes", "PrefetchBytes", "QuarantineBlobsMax", "QuarantineBytesMax", "Time", "LoggerFactory");

    [Theory]
    [MemberData(nameof(WrongOptions))]
    public void Option_out_of_its_range_is_named_with_its_range(string name)
    {
        var o = SyncOptions.Default;
        var wrong = name switch
        {
            "Transport" => o with { Transport = (TransportChoice)9 },
            "Transports" => o with { Transports = [] },
            "BackoffMax" => o with { BackoffMax = TimeSpan.FromHours(2) },
            "BackoffFirst" => o with { BackoffFirst = TimeSpan.FromMinutes(1) },
            "ConnectTimeout" => o with { ConnectTimeout = TimeSpan.Zero },
            "RequestTimeout" => o with { RequestTimeout = TimeSpan.FromMilliseconds(1) },
            "OutboxBytesMax" => o with { OutboxBytesMax = 1 },
            "LaggingBytesMax" => o with { LaggingBytesMax = 1 },
            "HeadStart" => o with { HeadStart = TimeSpan.FromHours(1) },
            "FailOverAfter" => o with { FailOverAfter = TimeSpan.Zero },
            "FailBackAfter" => o with { FailBackAfter = TimeSpan.FromSeconds(-1) },
            "PushWindowBlobs" => o with { PushWindowBlobs = 0 },
            "PushWindowBytes" => o with { PushWindowBytes = 1 },
            "PrefetchBytes" => o with { PrefetchBytes = 1 },
            "QuarantineBlobsMax" => o with { QuarantineBlobsMax = 1 },
            "QuarantineBytesMax" => o with { QuarantineBytesMax = 1 },
            "Time" => o with { Time = null! },
            _ => o with { LoggerFactory = null! },
        };
        var thrown = Assert.Throws<ArgumentException>(() => SyncOptionsRules.Check(wrong));
        Assert.Equal(name, thrown.ParamName);
        Assert.Contains("SyncOptions." + name, thrown.Message, StringComparison.Ordinal);
        SyncOptionsRules.Check(o);
    }

    [Fact]
    public void Every_option_with_a_range_is_in_the_list_above() =>
        Assert.Empty(typeof(SyncOptions).GetProperties().Select(p => p.Name).Except(WrongOptions.Select(w => w.Data)).Except(["Default", "FollowHints", "RecreateLostGroup", "ResumePuts", "StartSuspended", "JitterSeed"]));

    private static bool Step(FakeTimeProvider time)
    {
        time.Advance(TimeSpan.FromMilliseconds(500));
        return true;
    }
}
