using System.Buffers;
using ZeroK.Content;
using ZeroK.Wire;

namespace ZeroK.Client.Content;

/// <summary>What is asked of a relay.</summary>
internal enum ContentCall
{
    Begin = 0,
    Put,
    Finish,
    Get,
    Release,
}

/// <summary>A call, for those who watch or disturb it.</summary>
internal readonly record struct ContentCallInfo(ContentCall Call, ContentHash Hash, long Offset, int Count);

/// <summary>The relay's content service in memory: the port's twin, for tests and simulations. Verifies what it gets, and counts it against a quota.</summary>
internal sealed class MemoryContentRelay : IContentPort
{
    private readonly Lock _gate = new();
    private readonly Dictionary<ContentHash, Kept> _objects = [];
    private readonly List<ContentCallInfo> _calls = [];
    private Task _last = Task.CompletedTask;

    /// <summary>Bytes that the group may use.</summary>
    public long QuotaBytes { get; set; } = long.MaxValue;

    /// <summary>Awaited before each call; may throw as a broken connection or a store does.</summary>
    public Func<ContentCallInfo, Task>? Before { get; set; }

    /// <summary>Changes what a piece carries on its way up, before it is verified, and on its way down.</summary>
    public Func<ContentCallInfo, byte[], byte[]>? OnTheWay { get; set; }

    /// <summary>All calls, in their order.</summary>
    public IReadOnlyList<ContentCallInfo> Calls
    {
        get
        {
            lock (_gate) return [.. _calls];
        }
    }

    /// <summary>Whole objects.</summary>
    public int Stored
    {
        get
        {
            lock (_gate) return _objects.Values.Count(o => o.IsWhole);
        }
    }

    /// <summary>Changes a stored object's bytes in place: a store that went bad.</summary>
    public void Damage(ContentHash hash, Action<byte[]> change)
    {
        lock (_gate) change(_objects[hash].Bytes);
    }

    /// <summary>Whether an object is there as a whole.</summary>
    public bool Has(ContentHash hash)
    {
        lock (_gate) return _objects.TryGetValue(hash, out var kept) && kept.IsWhole;
    }

    public Task AskRoomAsync(long length, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            var used = _objects.Values.Sum(o => (long)o.Bytes.Length);
            if (used + length > QuotaBytes) throw NoRoom(used, length);
            return Task.CompletedTask;
        }
    }

    public Task<PutState> BeginPutAsync(ContentHash hash, long length, CancellationToken cancellationToken) => InTurnAsync(
        new ContentCallInfo(ContentCall.Begin, hash, 0, 0),
        () =>
        {
            if (_objects.TryGetValue(hash, out var kept)) return new PutState(kept.IsWhole, kept.Held);
            var used = _objects.Values.Sum(o => (long)o.Bytes.Length);
            if (used + length > QuotaBytes) throw NoRoom(used, length);
            _objects[hash] = new Kept(hash, length);
            return new PutState(false, 0);
        },
        cancellationToken);

    public Task PutAsync(ContentHash hash, long length, long offset, int count, ReadOnlyMemory<byte> encoding, CancellationToken cancellationToken)
    {
        var call = new ContentCallInfo(ContentCall.Put, hash, offset, count);
        return InTurnAsync(
            call,
            () =>
            {
                var bytes = OnTheWay?.Invoke(call, encoding.ToArray()) ?? encoding.ToArray();
                if (!_objects.TryGetValue(hash, out var kept) || offset > kept.Held) throw new IOException("This piece does not follow what the relay has.");
                return kept.TryTake(offset, count, bytes) ? true : throw new IOException("The piece does not verify against the object's address: it was changed on the way.");
            },
            cancellationToken);
    }

    public Task FinishPutAsync(ContentHash hash, long length, CancellationToken cancellationToken) => InTurnAsync(
        new ContentCallInfo(ContentCall.Finish, hash, 0, 0),
        () => _objects.TryGetValue(hash, out var kept) && kept.Held == length ? kept.IsWhole = true : throw new IOException("The object is not whole."),
        cancellationToken);

    public Task<ReadOnlyMemory<byte>> GetAsync(ContentHash hash, long length, long offset, int count, CancellationToken cancellationToken)
    {
        var call = new ContentCallInfo(ContentCall.Get, hash, offset, count);
        return InTurnAsync<ReadOnlyMemory<byte>>(
            call,
            () =>
            {
                if (!_objects.TryGetValue(hash, out var kept) || !kept.IsWhole) throw new ContentRefusedException(ErrorCode.ContentNotFound, 0, "The relay does not have this content: it was released, or its time is over.");
                var encoding = kept.Encode(offset, count);
                return OnTheWay?.Invoke(call, encoding) ?? encoding;
            },
            cancellationToken);
    }

    public Task ReleaseAsync(ContentHash hash, long length, CancellationToken cancellationToken) =>
        InTurnAsync(new ContentCallInfo(ContentCall.Release, hash, 0, 0), () => _objects.Remove(hash), cancellationToken);

    private ContentRefusedException NoRoom(long used, long length) => new(ErrorCode.GroupQuotaExceeded, 0, "The group's space is used up.", new ContentQuota(QuotaBytes, used, length));

    // One after the other, in the order of the calls, as on a connection; never on the caller's stack.
    private async Task<T> InTurnAsync<T>(ContentCallInfo call, Func<T> answer, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Task before;
        lock (_gate)
        {
            _calls.Add(call);
            (before, _last) = (_last, done.Task);
        }

        try
        {
            await before.ConfigureAwait(false);
            await Task.Yield();
            cancellationToken.ThrowIfCancellationRequested();
            if (Before is { } disturb) await disturb(call).ConfigureAwait(false);
            lock (_gate) return answer();
        }
        finally
        {
            done.SetResult();
        }
    }

    private sealed class Kept(ContentHash hash, long length)
    {
        private readonly ContentTree _tree = new(length);

        public byte[] Bytes { get; } = new byte[length];

        public long Held { get; private set; }

        public bool IsWhole { get; set; }

        public bool TryTake(long offset, int count, ReadOnlySpan<byte> encoding)
        {
            var decoder = new RangeDecoder(hash, _tree, Pieces.RangeOf(offset, count));
            while (true)
            {
                switch (decoder.Read(encoding, out var consumed, out var part))
                {
                    case DecodeResult.Content:
                        part.Bytes.CopyTo(Bytes.AsSpan((int)part.Offset));
                        break;
                    case DecodeResult.Parent:
                        break;
                    case DecodeResult.Done:
                        Held = Math.Max(Held, offset + count);
                        return true;
                    default:
                        return false;
                }

                encoding = encoding[consumed..];
            }
        }

        // Trusts its bytes, as a careless relay would: what is wrong with them shows at the reader.
        public byte[] Encode(long offset, int count)
        {
            var outboard = OutboardBuilder.Compute(Bytes, out var root);
            var encoder = new RangeEncoder(root, _tree, Pieces.RangeOf(offset, count));
            var output = new ArrayBufferWriter<byte>();
            while (encoder.Next is { Source: not TreeSource.None } read)
                encoder.Supply(read.Source == TreeSource.Content ? Bytes.AsSpan((int)read.Offset, read.Length) : outboard.AsSpan((int)read.Offset, read.Length), output);
            return output.WrittenSpan.ToArray();
        }
    }
}
