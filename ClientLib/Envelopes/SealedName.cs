using System.Text;
using ZeroK.Client.Keys;
using ZeroK.Wire;

namespace ZeroK.Client.Envelopes;

/// <summary>A device's name as the relay keeps it: nonce (24), sealed text and tag. Text: UTF-8, zeros up to a multiple of 64 bytes.</summary>
internal static class SealedName
{
    private const int Block = 64;

    public static byte[] Seal(KeyRing keys, GroupId group, DeviceId device, string name)
    {
        var length = Encoding.UTF8.GetByteCount(name);
        var text = new byte[(length + Block) / Block * Block];
        Encoding.UTF8.GetBytes(name, text);
        var bytes = new byte[XChaCha20.NonceSize + text.Length + XChaCha20.TagSize];
        Nonces.Next(bytes.AsSpan(0, XChaCha20.NonceSize));
        XChaCha20.Seal(keys.DeviceName, bytes.AsSpan(0, XChaCha20.NonceSize), Associated(group, device), text, bytes.AsSpan(XChaCha20.NonceSize));
        return bytes;
    }

    /// <summary>The name; null if there is none or it does not open.</summary>
    public static string? Open(KeyRing keys, GroupId group, DeviceId device, ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < XChaCha20.NonceSize + XChaCha20.TagSize || bytes.Length > WireLimits.SealedNameBytesMax) return null;
        var text = new byte[bytes.Length - XChaCha20.NonceSize - XChaCha20.TagSize];
        if (!XChaCha20.TryOpen(keys.DeviceName, bytes[..XChaCha20.NonceSize], Associated(group, device), bytes[XChaCha20.NonceSize..], text)) return null;
        return Envelope.TryText(text.AsSpan().TrimEnd((byte)0), out var name) ? name : null;
    }

    internal static byte[] Associated(GroupId group, DeviceId device) => [.. "0ksync/1 device name"u8, .. group.ToArray(), .. device.ToArray()];
}
