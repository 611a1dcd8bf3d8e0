using Xunit;
using ZeroK.Relay.Tests.Content;
using ZeroK.Storage.Content;
using ZeroK.Wire;

namespace ZeroK.Relay.Tests.Gateway;

public sealed class ContentRequestTests
{
    private readonly SomeContent _content = new(100_000);
    private uint _request = 100;

    [Fact]
    public async Task Object_is_put_in_pieces_acknowledged_and_read_by_another_device_of_the_group()
    {
        await using var rig = await GatewayRig.StartAsync();
        var laptop = await rig.JoinAsync();
        var phone = await rig.JoinAsync();
        var state = Assert.IsType<ContentState>(await AskAsync(laptop, new ContentPut(Hash, _content.Size)));
        Assert.Equal((ErrorCode.None, false, 0ul, 1_000_000ul, 104_096ul), (state.Code, state.IsStored, state.HeldBytes, state.QuotaBytes, state.UsedBytes));
        foreach (var (offset, count) in _content.Pieces(32_768))
            Assert.IsType<Ok>(await AskAsync(laptop, new ContentPiece(Hash, _content.Size, (ulong)offset, (uint)count, _content.Encode(offset, count))));
        Assert.Equal(ErrorCode.ContentNotFound, Assert.IsType<ErrorMessage>(await AskAsync(phone, new ContentGet(Hash, _content.Size, 0, 10))).Code);
        Assert.Equal(_content.Hash.ToArray(), Assert.IsType<ContentAck>(await AskAsync(laptop, new ContentRef(Hash, _content.Size))).Hash.ToArray());
        var part = Assert.IsType<ContentPart>(await AskAsync(phone, new ContentGet(Hash, _content.Size, 20_000, 10)));
        Assert.Equal(_content.Bytes[16_384..32_768], _content.Decode(16_384, 16_384, part.Encoding.Span));
        Assert.IsType<Ok>(await AskAsync(laptop, new ContentRelease(Hash)));
        Assert.Equal(ErrorCode.ContentNotFound, Assert.IsType<ErrorMessage>(await AskAsync(phone, new ContentGet(Hash, _content.Size, 0, 10))).Code);
    }

    [Fact]
    public async Task Pipelined_pieces_are_taken_in_their_order()
    {
        await using var rig = await GatewayRig.StartAsync();
        var laptop = await rig.JoinAsync();
        laptop.FromClient(1, new ContentPut(Hash, _content.Size));
        var sent = _content.Pieces(16_384).ToList();
        for (var i = 0; i < sent.Count; i++) laptop.FromClient((uint)(10 + i), new ContentPiece(Hash, _content.Size, (ulong)sent[i].Offset, (uint)sent[i].Count, _content.Encode(sent[i].Offset, sent[i].Count)));
        laptop.FromClient(99, new ContentRef(Hash, _content.Size));
        var replies = new List<WireMessage>();
        while (replies.Count < sent.Count + 2) replies.Add((await laptop.NextAsync()).Message);
        Assert.Equal(sent.Count, replies.OfType<Ok>().Count());
        Assert.Single(replies.OfType<ContentAck>());
    }

    [Fact]
    public async Task Wrong_bytes_a_full_store_and_no_room_are_each_told_as_such()
    {
        await using var rig = await GatewayRig.StartAsync();
        var laptop = await rig.JoinAsync();
        await AskAsync(laptop, new ContentPut(Hash, _content.Size));
        var wrong = _content.Encode(0, 32_768);
        wrong[300] ^= 1;
        Assert.Equal(ErrorCode.ContentMismatch, CodeOf(await AskAsync(laptop, new ContentPiece(Hash, _content.Size, 0, 32_768, wrong))));
        rig.ContentStore.Before = _ => throw new ContentStoreException("Full, by the test.") { IsFull = true };
        var full = Assert.IsType<ErrorMessage>(await AskAsync(laptop, new ContentPiece(Hash, _content.Size, 0, 32_768, _content.Encode(0, 32_768))));
        Assert.Equal((ErrorCode.StorageFull, true), (full.Code, full.RetryAfterMs > 0));
        rig.ContentStore.Before = null;
        var noRoom = Assert.IsType<ContentState>(await AskAsync(laptop, new ContentPut(new byte[32], 900_001)));
        Assert.Equal((ErrorCode.GroupQuotaExceeded, 1_000_000ul, 104_096ul), (noRoom.Code, noRoom.QuotaBytes, noRoom.UsedBytes));
    }

    private ReadOnlyMemory<byte> Hash => _content.Hash.ToArray();

    private static ErrorCode CodeOf(WireMessage message) => Assert.IsType<ErrorMessage>(message).Code;

    private async Task<WireMessage> AskAsync(FakeChannel device, WireMessage message)
    {
        var request = ++_request;
        device.FromClient(request, message);
        while (true)
        {
            var (id, reply) = await device.NextAsync();
            if (id == request) return reply;
        }
    }
}
