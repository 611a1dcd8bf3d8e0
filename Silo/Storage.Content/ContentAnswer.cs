using ZeroK.Wire;

namespace ZeroK.Storage.Content;

/// <summary>What the relay has of an announced object.</summary>
/// <param name="Code">None, or why the upload can't go on.</param>
/// <param name="IsStored">All of it is here and readable.</param>
/// <param name="HeldBytes">Verified bytes from its start.</param>
/// <param name="UsedBytes">What the group's contents use.</param>
public readonly record struct PutAnswer(ErrorCode Code, bool IsStored, long HeldBytes, long UsedBytes);

/// <summary>A run of an object, or why there is none.</summary>
/// <param name="Code">None, or why not.</param>
/// <param name="Encoding">The range encoding.</param>
public readonly record struct RunAnswer(ErrorCode Code, ReadOnlyMemory<byte> Encoding);
