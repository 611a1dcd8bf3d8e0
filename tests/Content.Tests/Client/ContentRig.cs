using ZeroK.Client;
using ZeroK.Client.Content;

namespace ZeroK.Content.Tests.Client;

/// <summary>A device's content service with a relay in memory; "restarting" makes a new service over what survived.</summary>
internal sealed class ContentRig : IDisposable
{
    private readonly ZeroK.Client.Keys.KeyRing _keys = Sealed.FixedKeys();

    public ContentRig(ITransferStore? store = null)
    {
        Store = store ?? new MemoryTransferStore();
        Service = Restarted();
    }

    public static SyncOptions Options { get; } = SyncOptions.Default with { JitterSeed = 7, BackoffFirst = TimeSpan.FromMilliseconds(1), BackoffMax = TimeSpan.FromMilliseconds(20) };

    public MemoryContentRelay Relay { get; } = new();

    public ITransferStore Store { get; }

    public FakeOutbox Outbox { get; } = new();

    public ContentService Service { get; private set; }

    public static byte[] Bytes(int length, int seed = 1)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    /// <summary>As after kill -9: nothing but the store is left.</summary>
    public ContentService Restarted() => Service = new ContentService(Relay, Store, _keys, Outbox, Options);

    public async Task<ContentReference> PutAsync(byte[] content, ContentOptions? options = null, CancellationToken token = default)
    {
        using var source = new MemoryStream(content);
        return await Service.PutAsync(source, options ?? ContentOptions.Default, null, token);
    }

    public async Task<byte[]> GetAsync(ContentReference reference, bool asItArrives = false, IProgress<ContentProgress>? progress = null, CancellationToken token = default)
    {
        using var destination = new MemoryStream();
        await Service.GetAsync(reference, destination, asItArrives, progress, token);
        return destination.ToArray();
    }

    /// <summary>What a broken connection looks like after some calls.</summary>
    public void CutAfter(ContentCall call, int times)
    {
        var left = times;
        Relay.Before = info => info.Call == call && Interlocked.Decrement(ref left) < 0 ? throw new IOException("cut") : Task.CompletedTask;
    }

    public void Dispose() => _keys.Dispose();

    internal sealed class FakeOutbox : IReferenceOutbox
    {
        public List<ContentReference> Pushed { get; } = [];

        public ulong LastSequence => (ulong)Pushed.Count;

        /// <summary>Thrown after the push happened, as if the process ended there.</summary>
        public Exception? CrashAfterPush { get; set; }

        public Task PushAsync(ContentReference reference, CancellationToken cancellationToken)
        {
            lock (Pushed) Pushed.Add(reference);
            return CrashAfterPush is null ? Task.CompletedTask : throw CrashAfterPush;
        }

        public bool? WasPushed(ContentReference reference, ulong after) => Pushed.Skip((int)after).Any(r => r.Id == reference.Id);
    }

    /// <summary>Reports at once, on the caller's thread.</summary>
    internal sealed class Reports : IProgress<ContentProgress>
    {
        public List<ContentProgress> All { get; } = [];

        public ContentProgress Last => All[^1];

        public void Report(ContentProgress value)
        {
            lock (All) All.Add(value);
        }
    }
}
