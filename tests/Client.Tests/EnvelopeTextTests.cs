using System.Buffers.Binary;
using Xunit;
using ZeroK.Client.Envelopes;
using ZeroK.Client.Keys;
using ZeroK.Client.Tests.Fakes;
using ZeroK.Wire;

namespace ZeroK.Client.Tests;

/// <summary>A member can seal anything: what is inside is checked too.</summary>
public sealed class EnvelopeTextTests : IDisposable
{
    private static readonly GroupId Group = new(Enumerable.Repeat((byte)3, GroupId.Size).ToArray());
    private static readonly DeviceId Sender = Rig.Id(1);
    private static readonly BlobId Blob = new(Enumerable.Repeat((byte)4, BlobId.Size).ToArray());
    private readonly GroupSecret _secret = GroupSecret.Random();
    private readonly KeyRing _keys;

    public EnvelopeTextTests() => _keys = new KeyRing(_secret, 1);

    public void Dispose()
    {
        _keys.Dispose();
        _secret.Dispose();
    }

    // The text: header version, sender from 1, sequence from 33, previous from 41, time from 73, lengths from 81 and 83, the label "a" at 87, two bytes of payload, seven zeros.
    [Theory]
    [InlineData("another header version", 0, "02")]
    [InlineData("another sender", 1, "FF")]
    [InlineData("sequence 0", 33, "0000000000000000")]
    [InlineData("a sequence that no log has", 33, "8000000000000000")]
    [InlineData("a label that is too long", 81, "0401")]
    [InlineData("a label that reaches into the payload's end", 81, "0008")]
    [InlineData("a payload that is not there", 83, "00FFFFFF")]
    [InlineData("a payload beyond every limit", 83, "FFFFFFFF")]
    [InlineData("a label that is no UTF-8", 87, "FF")]
    [InlineData("something in the padding", 95, "01")]
    public void Well_sealed_text_that_is_not_what_it_must_be_does_not_open(string what, int at, string bytes)
    {
        Assert.Equal(UndecryptableReason.None, Open(Text()));
        var text = Text();
        Convert.FromHexString(bytes).CopyTo(text, at);
        Assert.True(Open(text) == UndecryptableReason.Malformed, what);
    }

    [Fact]
    public void Padding_of_another_length_does_not_open() => Assert.Equal(UndecryptableReason.Malformed, Open([.. Text(), .. new byte[8]]));

    private static byte[] Text()
    {
        var text = new byte[96];
        text[0] = 1;
        Sender.CopyTo(text.AsSpan(1));
        BinaryPrimitives.WriteUInt64BigEndian(text.AsSpan(33), 5);
        BinaryPrimitives.WriteUInt64BigEndian(text.AsSpan(73), 1_700_000_000_000);
        BinaryPrimitives.WriteUInt16BigEndian(text.AsSpan(81), 1);
        BinaryPrimitives.WriteUInt32BigEndian(text.AsSpan(83), 2);
        text[87] = (byte)'a';
        return text;
    }

    private UndecryptableReason Open(byte[] text)
    {
        var envelope = new byte[Envelope.PrefixSize + text.Length + XChaCha20.TagSize];
        envelope[0] = Envelope.Version;
        BinaryPrimitives.WriteUInt32BigEndian(envelope.AsSpan(1), _keys.Epoch);
        var associated = new byte[Envelope.AssociatedSize];
        Envelope.WriteAssociated(associated, Group, Sender, Blob, _keys.Epoch, Envelope.Version);
        XChaCha20.Seal(_keys.Blob, envelope.AsSpan(5, XChaCha20.NonceSize), associated, text, envelope.AsSpan(Envelope.PrefixSize));
        var reason = Envelope.TryOpen(_keys, Group, Sender, Blob, envelope, out var opened);
        Assert.Equal(reason != UndecryptableReason.None, opened.Payload.IsEmpty);
        return reason;
    }
}
