using CsCheck;
using Xunit;
using ZeroK.GrainContracts;
using ZeroK.Grains.Groups;
using ZeroK.Wire;

namespace ZeroK.Relay.Tests.Groups;

/// <summary>Random histories against a model that recomputes everything from the whole history at each step.</summary>
public sealed class GroupStateModelTests
{
    private enum Kind { Push, Repeat, PullAndAck, Join, Expire, Restart, Revoke, Delete }

    private static readonly Gen<(Kind Kind, int Device, int Number)[]> Histories =
        Gen.Select(Gen.Int[0, 29].Select(ToKind), Gen.Int[1, 4], Gen.Int[0, 400]).Array[1, 80];

    [Fact]
    public void Random_histories_agree_with_the_model() => Histories.Sample(Run, iter: 2000, threads: 2);

    private static Kind ToKind(int n) => n switch
    {
        < 10 => Kind.Push,
        < 13 => Kind.Repeat,
        < 22 => Kind.PullAndAck,
        < 25 => Kind.Join,
        < 26 => Kind.Expire,
        < 28 => Kind.Restart,
        < 29 => Kind.Delete,
        _ => Kind.Revoke,
    };

    private static void Run((Kind Kind, int Device, int Number)[] steps)
    {
        var run = new ModelRun();
        foreach (var (kind, device, number) in steps)
        {
            if (kind == Kind.Restart) run.Restart();
            else if (kind == Kind.Join) run.Join(device);
            else if (kind == Kind.Expire) run.Expire(number);
            else if (run.MayCall(device)) Step(run, kind, device, number);
            run.Check();
        }
    }

    private static void Step(ModelRun run, Kind kind, int device, int number)
    {
        if (kind == Kind.Push) run.Push(device, number);
        else if (kind == Kind.Repeat) run.Repeat(device, number);
        else if (kind == Kind.PullAndAck) run.PullAndAck(device, number);
        else if (kind == Kind.Delete) run.Delete(device, number);
        else run.Revoke(device);
    }

    /// <summary>The naive model: every blob ever, and for each device what it read.</summary>
    private sealed class ModelRun
    {
        private readonly StateDriver _driver = new(o => (o.GroupBytesMax, o.DeviceKeep) = (2 << 20, TimeSpan.FromDays(3650)));
        private readonly List<Pushed> _all = [];
        private readonly Dictionary<int, Reader> _readers = [];
        private ulong _head, _held;

        private sealed record Pushed(ulong Cursor, int Sender, PushItem Item, ulong ReceivedAtMs)
        {
            public BlobState State { get; set; }
            public bool Expired { get; set; }
        }

        private sealed class Reader
        {
            public ulong Cursor { get; set; }
            public ulong Acked { get; set; }
            public bool Revoked { get; set; }
        }

        public ModelRun() => Join(1);

        public bool MayCall(int device) => _readers.TryGetValue(device, out var reader) && !reader.Revoked;

        public void Join(int device)
        {
            var known = _readers.TryGetValue(device, out var reader);
            var decision = _driver.Join(device);
            if (known && reader!.Revoked)
            {
                Assert.Equal(ErrorCode.DeviceRevoked, decision.Code);
                return;
            }

            Assert.Equal(ErrorCode.None, decision.Code);
            Assert.Equal(_all.Where(p => p.Sender == device).Select(p => p.Item.Sequence).DefaultIfEmpty().Max(), decision.LastSequence);
            if (!known) _readers[device] = new Reader { Cursor = decision.Acked.Value, Acked = decision.Acked.Value };
        }

        public void Push(int device, int number)
        {
            _driver.NowMs += (ulong)number;
            // A device that is new here may have pushed to another relay before.
            var elsewhere = (ulong)number % 3;
            var sequence = _all.Where(p => p.Sender == device).Select(p => p.Item.Sequence).DefaultIfEmpty(elsewhere).Max() + 1;
            var items = Enumerable.Range(0, 1 + number % 4).Select(i => StateDriver.Item(sequence + (ulong)i, number)).ToArray();
            var results = _driver.Push(device, items).Results;
            for (var i = 0; i < items.Length; i++)
            {
                Assert.Equal(ErrorCode.None, results[i].Code);
                Assert.Equal(++_head, results[i].Cursor);
                _all.Add(new Pushed(_head, device, items[i], results[i].ReceivedAtMs));
            }

            Forget();
        }

        public void Repeat(int device, int number)
        {
            var mine = _all.Where(p => p.Sender == device).ToList();
            if (mine.Count == 0) return;
            for (ulong never = 1; never < mine[0].Item.Sequence; never++)
                Assert.Equal(ErrorCode.OutOfOrder, _driver.Push(device, StateDriver.Item(never)).Results.Single().Code);
            var old = mine[number % mine.Count];
            var result = _driver.Push(device, old.Item).Results.Single();
            Assert.Equal(ErrorCode.None, result.Code);
            Assert.Contains(result.Cursor, new[] { 0UL, old.Cursor });
            Assert.True(result.Cursor == old.Cursor || old.Cursor < _driver.State.HistoryStart.Value, "A kept entry answers with its cursor.");
        }

        public void PullAndAck(int device, int number)
        {
            var reader = _readers[device];
            var page = _driver.Pull(device, reader.Cursor, (uint)(number % 5), (uint)number * 3);
            Assert.Equal(_head, page.Head.Value);
            Assert.True(page.Start.Value > reader.Cursor);
            Assert.True(page.Through.Value > reader.Cursor || reader.Cursor == _head, "A page makes progress while something is there.");
            foreach (var skipped in _all.Where(p => p.Cursor > reader.Cursor && p.Cursor < page.Start.Value && p.Sender != device))
                Assert.True(skipped.State != BlobState.Present || (skipped.Expired && skipped.Cursor <= page.ExpiredThrough.Value), "Skipped only what is gone, and what expired is told.");
            Assert.Equal(page.Through.Value + 1 - page.Start.Value, (ulong)page.Entries.Count);
            foreach (var e in page.Entries)
            {
                var pushed = _all[(int)e.Cursor.Value - 1];
                Assert.Equal(pushed.Sender == device ? BlobState.Own : pushed.State, e.State);
                Assert.Equal((pushed.Item.Sequence, new BlobId(pushed.Item.Id), pushed.ReceivedAtMs), (e.Sequence, e.Blob, e.ReceivedAtMs));
            }

            reader.Cursor = page.Through.Value;
            Assert.Equal(ErrorCode.None, _driver.Ack(device, reader.Cursor));
            reader.Acked = Math.Max(reader.Acked, reader.Cursor);
            Forget();
        }

        public void Delete(int device, int number)
        {
            if (_all.Count == 0) return;
            var target = _all[number % _all.Count];
            var kept = target.Cursor >= _driver.State.HistoryStart.Value;
            var code = _driver.State.Delete(StateDriver.Device(device), [new BlobId(target.Item.Id)]);
            Assert.Equal(kept && target.Sender != device ? ErrorCode.NotBlobOwner : ErrorCode.None, code);
            if (code == ErrorCode.None && kept && target.State == BlobState.Present) target.State = BlobState.Deleted;
            _driver.Commit();
        }

        public void Revoke(int device)
        {
            if (_readers.Values.Count(r => !r.Revoked) < 2) return;
            Assert.Equal(ErrorCode.None, _driver.State.Revoke(StateDriver.Device(device), _driver.NowMs));
            if (_readers[device].Acked < _head) _held = _head;
            _readers[device].Revoked = true;
            Forget();
            _driver.Commit();
        }

        public void Expire(int number)
        {
            _driver.NowMs += (ulong)number * 3_000_000;
            foreach (var (device, _) in _readers.Where(r => !r.Value.Revoked)) _driver.State.Admit(StateDriver.Device(device), _driver.NowMs);
            _driver.State.Expire(_driver.NowMs, int.MaxValue);
            var limit = _driver.NowMs - (ulong)_driver.Options.TimeToLive.TotalMilliseconds;
            foreach (var old in _all.Where(p => p.ReceivedAtMs < limit && p.State == BlobState.Present)) old.Expired = true;
            _driver.Commit();
        }

        // Acknowledgements that were not written are repeated by clients; here all are written before.
        public void Restart()
        {
            _driver.Commit();
            _driver.Restart();
        }

        public void Check()
        {
            var kept = _all.Where(p => p.Cursor >= _driver.State.HistoryStart.Value).ToList();
            var sum = kept.Sum(p => GroupOptions.EntryOverheadBytes + (p.State == BlobState.Present ? p.Item.BodyBytes : 0));
            Assert.Equal(sum, _driver.State.UsedBytes);
            Assert.DoesNotContain(kept, p => p.Expired);
            Assert.All(_all.Except(kept), p => Assert.True(p.Expired || p.State != BlobState.Present));
            Assert.True(kept.Count == 0 || kept[0].State == BlobState.Present, "What leads the history is present; the rest is trimmed.");
            Assert.Equal((_head, _head), (_driver.State.Head.Value, _driver.State.LastCursor.Value));
        }

        private void Forget()
        {
            foreach (var blob in _all.Where(p => p.State == BlobState.Present && !p.Expired && p.Cursor > _held))
            {
                var others = _readers.Where(r => r.Key != blob.Sender && !r.Value.Revoked).ToList();
                if (others.Count > 0 && others.All(o => o.Value.Acked >= blob.Cursor)) blob.State = BlobState.Forgotten;
            }
        }
    }
}
