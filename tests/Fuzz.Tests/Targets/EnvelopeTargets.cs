using ZeroK.Client;
using ZeroK.Client.Envelopes;
using ZeroK.Client.Keys;
using ZeroK.Fuzz.Tests.Engine;
using ZeroK.Wire;

namespace ZeroK.Fuzz.Tests.Targets;

/// <summary>Sealed blobs and names: as the relay could change them, and as a member with the keys could write them.</summary>
internal static class EnvelopeTargets
{
    private static readonly DeviceId Sender = new(Enumerable.Repeat((byte)7, 32).ToArray());
    private static readonly GroupId Group = new(Enumerable.Repeat((byte)9, 32).ToArray());
    private static readonly BlobId Blob = new(Enumerable.Repeat((byte)5, 16).ToArray());
    private static readonly KeyRing Keys = MakeKeys();
    private static readonly byte[] Nonce = [.. Enumerable.Range(0, XChaCha20.NonceSize).Select(i => (byte)i)];
    private static readonly byte[][] Envelopes = [Seal(null, 0), Seal("label", 100), Seal("ä/b", 1500)];

    /// <summary>The envelope as it comes from the relay: only what the sender sealed opens.</summary>
    public static FuzzTarget Envelope { get; } = new("envelope", Envelopes, Open)
    {
        Verify = static (bytes, _) =>
        {
            if (!Envelopes.Any(e => e.AsSpan().SequenceEqual(bytes))) throw new InvalidOperationException("An envelope that nobody sealed was opened.");
        },
    };

    /// <summary>The sealed text: header, label, payload and padding, from a member that writes what it likes.</summary>
    public static FuzzTarget Text { get; } = new("envelope-text", [.. Envelopes.Select(TextOf)], static bytes => Open(SealText(bytes)))
    {
        Verify = static (bytes, value) =>
        {
            var blob = (OpenedBlob)value;
            var again = TextOf(Client.Envelopes.Envelope.Seal(Keys, Group, Blob, blob.Header, blob.Payload.Span, Nonce));
            if (!again.AsSpan().SequenceEqual(bytes)) throw new InvalidOperationException("A text was accepted that the code would write otherwise.");
        },
    };

    /// <summary>A device's sealed name, from a member that writes what it likes.</summary>
    public static FuzzTarget Name { get; } = new("device-name", [[.. "laptop"u8, .. new byte[58]], [.. "Größe"u8, .. new byte[57]]], static text =>
    {
        var bytes = new byte[XChaCha20.NonceSize + text.Length + XChaCha20.TagSize];
        Nonce.CopyTo(bytes, 0);
        XChaCha20.Seal(Keys.DeviceName, Nonce, SealedName.Associated(Group, Sender), text, bytes.AsSpan(XChaCha20.NonceSize));
        return SealedName.Open(Keys, Group, Sender, bytes);
    });

    private static KeyRing MakeKeys()
    {
        using var secret = GroupSecret.Import(Enumerable.Range(0, GroupSecret.Size).Select(i => (byte)i).ToArray(), source: null);
        return new KeyRing(secret, 1);
    }

    private static byte[] Seal(string? label, int size) =>
        Client.Envelopes.Envelope.Seal(Keys, Group, Blob, new EnvelopeHeader(Sender, 3, new byte[Client.Envelopes.Envelope.HashSize], 1234, label), Enumerable.Range(0, size).Select(i => (byte)i).ToArray(), Nonce);

    private static object? Open(byte[] envelope) => Client.Envelopes.Envelope.TryOpen(Keys, Group, Sender, Blob, envelope, out var blob) == UndecryptableReason.None ? blob : null;

    private static byte[] TextOf(byte[] envelope)
    {
        var text = new byte[envelope.Length - Client.Envelopes.Envelope.PrefixSize - XChaCha20.TagSize];
        return XChaCha20.TryOpen(Keys.Blob, Nonce, Associated(), envelope.AsSpan(Client.Envelopes.Envelope.PrefixSize), text) ? text : throw new InvalidOperationException("A seed does not open.");
    }

    private static byte[] SealText(byte[] text)
    {
        var envelope = new byte[Client.Envelopes.Envelope.PrefixSize + text.Length + XChaCha20.TagSize];
        Envelopes[0].AsSpan(0, Client.Envelopes.Envelope.PrefixSize).CopyTo(envelope);
        XChaCha20.Seal(Keys.Blob, Nonce, Associated(), text, envelope.AsSpan(Client.Envelopes.Envelope.PrefixSize));
        return envelope;
    }

    private static byte[] Associated()
    {
        var associated = new byte[Client.Envelopes.Envelope.AssociatedSize];
        Client.Envelopes.Envelope.WriteAssociated(associated, Group, Sender, Blob, 1, Client.Envelopes.Envelope.Version);
        return associated;
    }
}
