using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace ZeroK.Chaos.Proxy;

/// <summary>Seeds of the parts from the seed of the whole, by name: adding a part changes no other part's chance.</summary>
public static class Seeds
{
    /// <summary>The seed of a part.</summary>
    public static int Derive(long seed, params ReadOnlySpan<string> parts)
    {
        var text = new StringBuilder().Append(seed);
        foreach (var part in parts) text.Append('/').Append(part);
        return BinaryPrimitives.ReadInt32LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));
    }

    /// <summary>A part's own seeded chance.</summary>
    public static Random Random(long seed, params ReadOnlySpan<string> parts) => new(Derive(seed, parts));
}
