using ZeroK.Client;
using ZeroK.Client.Content;

namespace ZeroK.Chaos.Catalogue.Content;

/// <summary>A transfer store whose staged objects fail: a decorator.</summary>
internal abstract class BadStore(ITransferStore inner) : ITransferStore
{
    public IReadOnlyList<TransferRecord> Load() => inner.Load();

    public void Save(TransferRecord record) => inner.Save(record);

    public void Remove(TransferRecord record) => inner.Remove(record);

    public IStagedObject Open(TransferKind kind, ContentId id) => Spoil(inner.Open(kind, id));

    public void Discard(TransferKind kind, ContentId id) => inner.Discard(kind, id);

    public void Dispose()
    {
        // The inner one goes on.
    }

    protected abstract IStagedObject Spoil(IStagedObject staged);
}

/// <summary>No room: writes fail after some bytes.</summary>
internal sealed class FullStore(ITransferStore inner) : BadStore(inner)
{
    protected override IStagedObject Spoil(IStagedObject staged) => new Full(staged);

    private sealed class Full(IStagedObject staged) : IStagedObject
    {
        public void WriteContent(long offset, ReadOnlySpan<byte> bytes)
        {
            staged.WriteContent(offset, bytes[..(bytes.Length / 2)]);
            throw new IOException("No space left on device.");
        }

        public int ReadContent(long offset, Span<byte> destination) => staged.ReadContent(offset, destination);

        public void WriteOutboard(long offset, ReadOnlySpan<byte> parents) => staged.WriteOutboard(offset, parents);

        public int ReadOutboard(long offset, Span<byte> destination) => staged.ReadOutboard(offset, destination);

        public void Dispose() => staged.Dispose();
    }
}

/// <summary>A bit of each read is another one.</summary>
internal sealed class FlippingStore(ITransferStore inner, Random random) : BadStore(inner)
{
    protected override IStagedObject Spoil(IStagedObject staged) => new Flipping(staged, random);

    private sealed class Flipping(IStagedObject staged, Random random) : IStagedObject
    {
        public void WriteContent(long offset, ReadOnlySpan<byte> bytes) => staged.WriteContent(offset, bytes);

        public int ReadContent(long offset, Span<byte> destination)
        {
            var count = staged.ReadContent(offset, destination);
            if (count == 0) return 0;
            lock (random) destination[random.Next(count)] ^= (byte)(1 << random.Next(8));
            return count;
        }

        public void WriteOutboard(long offset, ReadOnlySpan<byte> parents) => staged.WriteOutboard(offset, parents);

        public int ReadOutboard(long offset, Span<byte> destination) => staged.ReadOutboard(offset, destination);

        public void Dispose() => staged.Dispose();
    }
}
