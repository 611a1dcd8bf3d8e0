using System.Runtime.InteropServices;

namespace ZeroK.Gateway;

/// <summary>Bytes of a message as the array that a grain call takes.</summary>
internal static class Bytes
{
    /// <summary>The array itself where the memory is a whole one: a message owns its bytes and nobody changes them. A copy otherwise.</summary>
    public static byte[] ArrayOf(ReadOnlyMemory<byte> bytes) =>
        MemoryMarshal.TryGetArray(bytes, out var part) && part.Offset == 0 && part.Array!.Length == part.Count ? part.Array : bytes.ToArray();
}
