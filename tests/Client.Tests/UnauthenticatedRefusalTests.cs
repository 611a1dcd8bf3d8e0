using Xunit;
using ZeroK.Channel;
using ZeroK.Client.Session;
using ZeroK.Wire;

namespace ZeroK.Client.Tests;

/// <summary>What comes in clear before the handshake can be written by anybody on the path: it is a hint, and never stops a client for good.</summary>
public sealed class UnauthenticatedRefusalTests
{
    public static TheoryData<ErrorCode> AllCodes => [.. Enum.GetValues<ErrorCode>()];

    [Theory]
    [MemberData(nameof(AllCodes))]
    public void Refusal_before_the_handshake_is_tried_again(ErrorCode code)
    {
        var failed = SessionFailedException.From(new ChannelException(ChannelFailure.Refused, "refused") { Code = code, RetryAfterMs = 700 });
        Assert.False(failed.IsPermanent);
        Assert.Equal((code, 700u), (failed.Code, failed.RetryAfterMs));
    }

    [Fact]
    public void Version_refusal_before_the_handshake_is_tried_again_and_says_what_to_do()
    {
        var failed = SessionFailedException.From(new ChannelException(ChannelFailure.Version, "version"));
        Assert.False(failed.IsPermanent);
        Assert.Contains("Update the older one", failed.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Refusal_inside_the_session_is_for_good() => Assert.True(SessionFailedException.From(SessionFailedException.Of(ErrorCode.Unauthorized, 0)).IsPermanent);

    [Theory]
    [InlineData("bücher.example")]
    [InlineData("例え.jp")]
    public void Host_name_that_is_not_ascii_is_refused_before_anything_is_written(string host)
    {
        Assert.Throws<ArgumentException>(() => new RelayAddress(host, 4840, new byte[32]));
        Assert.False(RelayAddress.TryParse($"zerok-relay://{host}:4840/{new string('A', 43)}", out _, out _));
        Assert.Equal("xn--bcher-kva.example", new RelayAddress("xn--bcher-kva.example", 4840, new byte[32]).Host);
    }
}
