using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace ZeroK.Channel.Internal;

/// <summary>What a loaded relay has a client send back before it computes for it. Nothing is kept for one: it is made anew from the address, the first message and the time.</summary>
internal static class HandshakeCookie
{
    public const int Bytes = 32;

    /// <summary>A cookie is good for so long at least, and twice as long at most.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(10);

    // Of this process alone: another relay's cookies, and those before a restart, are no good.
    private static readonly byte[] Key = RandomNumberGenerator.GetBytes(32);

    /// <summary>The cookie for a first message from an address.</summary>
    public static byte[] Make(string address, ReadOnlySpan<byte> firstMessage, TimeProvider time) => Of(address, firstMessage, SlotOf(time));

    /// <summary>Whether it is one that was made for this first message from this address not long ago.</summary>
    public static bool IsRight(ReadOnlySpan<byte> cookie, string address, ReadOnlySpan<byte> firstMessage, TimeProvider time)
    {
        var slot = SlotOf(time);
        return CryptographicOperations.FixedTimeEquals(cookie, Of(address, firstMessage, slot)) | CryptographicOperations.FixedTimeEquals(cookie, Of(address, firstMessage, slot - 1));
    }

    // Elapsed time: a clock that is set takes no cookie away.
    private static long SlotOf(TimeProvider time) => time.GetTimestamp() / (long)(time.TimestampFrequency * Lifetime.TotalSeconds);

    private static byte[] Of(string address, ReadOnlySpan<byte> firstMessage, long slot)
    {
        var label = "0ksync/1 cookie"u8;
        var text = new byte[label.Length + sizeof(long) + SHA256.HashSizeInBytes + Encoding.UTF8.GetByteCount(address)];
        label.CopyTo(text);
        BinaryPrimitives.WriteInt64BigEndian(text.AsSpan(label.Length), slot);
        SHA256.HashData(firstMessage, text.AsSpan(label.Length + sizeof(long)));
        Encoding.UTF8.GetBytes(address, text.AsSpan(label.Length + sizeof(long) + SHA256.HashSizeInBytes));
        return HMACSHA256.HashData(Key, text);
    }
}
