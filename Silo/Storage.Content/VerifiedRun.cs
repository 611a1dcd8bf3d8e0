namespace ZeroK.Storage.Content;

/// <summary>A run of whole chunk groups that was verified against the object's address, and the parents that came with it.</summary>
/// <param name="Offset">Where the run begins in the object.</param>
/// <param name="Bytes">Its bytes.</param>
/// <param name="Parents">Parents (64 bytes each) and where they lie in the outboard.</param>
public sealed record VerifiedRun(long Offset, ReadOnlyMemory<byte> Bytes, IReadOnlyList<(long Offset, ReadOnlyMemory<byte> Parent)> Parents);
