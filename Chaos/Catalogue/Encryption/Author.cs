using ZeroK.Channel;
using ZeroK.Chaos.Scenarios;
using ZeroK.Client.Envelopes;
using ZeroK.Client.Keys;
using ZeroK.Noise;
using ZeroK.Wire;

namespace ZeroK.Chaos.Catalogue.Encryption;

/// <summary>A sealed blob of the author.</summary>
internal sealed record AuthoredBlob(BlobId Id, ulong Sequence, byte[] Envelope);

/// <summary>A device of the group that seals with the client's envelopes and pushes by hand, so that what it pushes can be changed first: to readers the same as a change on the way or in the relay's store.</summary>
internal sealed class Author : IAsyncDisposable
{
    private readonly DeviceIdentity _identity;
    private readonly IFrameChannel _channel;
    private byte[] _previous = new byte[Envelope.HashSize];
    private ulong _sequence;
    private uint _request = 1;

    private Author(DeviceIdentity identity, KeyRing keys, IFrameChannel channel)
    {
        (_identity, Keys, _channel) = (identity, keys, channel);
        Group = keys.GroupOfFirstKey();
        Id = new DeviceId(identity.Id.Span);
    }

    public KeyRing Keys { get; }

    public GroupId Group { get; }

    public DeviceId Id { get; }

    public static async Task<Author> ConnectAsync(GroupBench bench, CancellationToken cancellationToken)
    {
        var identity = DeviceIdentity.Generate();
        var connection = await bench.AuthorTransport.ConnectAsync(new ZeroK.Transport.RelayEndpoint(bench.AuthorAddress.Host, bench.AuthorAddress.Port), cancellationToken).ConfigureAwait(false);
        var channel = await SecureChannel.ConnectAsync(connection, identity, bench.AuthorAddress.Fingerprint, ChannelOptions.Default, cancellationToken).ConfigureAwait(false);
        var author = new Author(identity, bench.Keys, channel);
        var keys = author.Keys;
        var hello = new Hello(author.Group, identity.SigningKey, keys.AdmissionKey, keys.SignHello(channel.HandshakeHash.Span, author.Group, author.Id), true, SealedName.Seal(keys, author.Group, author.Id, "author"));
        await channel.SendAsync(1, hello, cancellationToken).ConfigureAwait(false);
        if (await channel.ReceiveAsync(cancellationToken).ConfigureAwait(false) is not { Message: Welcome }) throw new ScenarioFailedException("the relay did not welcome the author");
        return author;
    }

    /// <summary>Seals the next blob of the chain.</summary>
    public AuthoredBlob Seal(ReadOnlySpan<byte> payload)
    {
        var id = BlobId.New();
        var envelope = Envelope.Seal(Keys, Group, id, new EnvelopeHeader(Id, ++_sequence, _previous, 1000, null), payload);
        _previous = Envelope.Hash(envelope);
        return new AuthoredBlob(id, _sequence, envelope);
    }

    /// <summary>Pushes blobs as they are, and fails unless the relay took all.</summary>
    public async Task PushAsync(IReadOnlyList<AuthoredBlob> blobs, CancellationToken cancellationToken)
    {
        await _channel.SendAsync(++_request, new Push([.. blobs.Select(b => new PushBlob(b.Id, b.Sequence, b.Envelope))]), cancellationToken).ConfigureAwait(false);
        while (await _channel.ReceiveAsync(cancellationToken).ConfigureAwait(false) is { } frame)
        {
            if (frame.RequestId != _request) continue;
            if (frame.Message is PushAck ack && ack.Results.Count == blobs.Count && ack.Results.All(r => r.Code == ErrorCode.None)) return;
            throw new ScenarioFailedException($"the relay refused a blob: {(frame.Message as PushAck)?.Results.FirstOrDefault(r => r.Code != ErrorCode.None)?.Code ?? (frame.Message as ErrorMessage)?.Code}");
        }

        throw new ScenarioFailedException("the relay closed the author's session");
    }

    public async ValueTask DisposeAsync()
    {
        await _channel.DisposeAsync().ConfigureAwait(false);
        Keys.Dispose();
        _identity.Dispose();
    }
}
