using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using ZeroK.Gateway;
using ZeroK.GrainContracts;

namespace ZeroK.Relay.Tests.Gateway;

/// <summary>A body store that a test slows and breaks, step by step.</summary>
internal sealed class FakeBodies : IBodyStore
{
    public const int InlineBytesMax = 1_000;

    private int _reading;

    public ConcurrentDictionary<Guid, byte[]> Kept { get; } = new();

    public Func<int, CancellationToken, Task> OnPut { get; set; } = (_, _) => Task.CompletedTask;
    public Func<CancellationToken, Task> OnGet { get; set; } = _ => Task.CompletedTask;

    public int Puts { get; private set; }
    public int ReadAtOnceMax { get; private set; }

    public LargeBodyStore Where => new(this, InlineBytesMax);

    public NamedBody Add(byte[] body)
    {
        var named = new NamedBody(Guid.NewGuid(), body.Length, 0);
        Kept[named.Name] = body;
        return named;
    }

    public async Task PutAsync(Guid name, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        Puts++;
        await OnPut(body.Length, cancellationToken);
        Kept[name] = body.ToArray();
    }

    public async Task<ReadOnlyMemory<byte>?> GetAsync(Guid name, CancellationToken cancellationToken)
    {
        var reading = Interlocked.Increment(ref _reading);
        lock (Kept) ReadAtOnceMax = Math.Max(ReadAtOnceMax, reading);
        try
        {
            await OnGet(cancellationToken);
            return Kept.TryGetValue(name, out var body) ? body : (ReadOnlyMemory<byte>?)null;
        }
        finally
        {
            Interlocked.Decrement(ref _reading);
        }
    }

    public async IAsyncEnumerable<Guid> ListAsync(TimeSpan olderThan, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask;
        foreach (var name in Kept.Keys) yield return name;
    }

    public Task DeleteAsync(Guid name, CancellationToken cancellationToken)
    {
        Kept.TryRemove(name, out _);
        return Task.CompletedTask;
    }
}
