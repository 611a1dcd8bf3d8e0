using Xunit;
using ZeroK.Noise;
using ZeroK.Noise.Internal;

namespace ZeroK.Contracts.Tests.Noise;

public sealed class CipherStateTests
{
    private static readonly byte[] Key = [.. Enumerable.Range(0, CipherState.KeyBytes).Select(i => (byte)i)];

    [Fact]
    public void Rekey_boundaries_are_crossed_by_both_sides_without_loss()
    {
        using var from = new CipherState(Key, 4);
        using var to = new CipherState(Key, 4);
        for (byte i = 0; i < 50; i++)
        {
            var message = new byte[1 + CipherState.TagBytes];
            from.Seal(default, [i], message);
            Assert.True(to.TryOpen(default, message, message), $"message {i}");
            Assert.Equal(i, message[0]);
        }
    }

    [Fact]
    public void After_a_rekey_the_old_key_opens_nothing()
    {
        using var from = new CipherState(Key, 1);
        using var old = new CipherState(Key, 0);
        var message = new byte[CipherState.TagBytes];
        from.Seal(default, [], message);
        Assert.True(old.TryOpen(default, message, []));
        from.Seal(default, [], message);
        Assert.False(old.TryOpen(default, message, []));
    }

    [Fact]
    public void Rekey_is_what_the_old_key_makes_of_32_zeros_under_the_last_nonce()
    {
        using var raw = new System.Security.Cryptography.ChaCha20Poly1305(Key);
        var next = new byte[32];
        byte[] nonce = [0, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255];
        raw.Encrypt(nonce, new byte[32], next, new byte[16]);
        using var rekeyed = new CipherState(Key, 0);
        using var expected = new CipherState(next, 0);
        rekeyed.Rekey();
        var (a, b) = (new byte[CipherState.TagBytes], new byte[CipherState.TagBytes]);
        rekeyed.Seal(default, [], a);
        expected.Seal(default, [], b);
        Assert.Equal(b, a);
    }

    [Fact]
    public void The_last_nonce_is_never_used_for_a_message()
    {
        using var from = new CipherState(Key, 0) { Counter = ulong.MaxValue - 1 };
        using var to = new CipherState(Key, 0) { Counter = ulong.MaxValue - 1 };
        var message = new byte[CipherState.TagBytes];
        from.Seal(default, [], message);
        Assert.True(to.TryOpen(default, message, []));
        Assert.Throws<InvalidOperationException>(() => from.Seal(default, [], message));
        Assert.False(to.TryOpen(default, message, []));
    }

    [Fact]
    public void A_repeated_or_skipped_message_does_not_open_and_the_right_one_still_does()
    {
        using var from = new CipherState(Key, 0);
        using var to = new CipherState(Key, 0);
        byte[][] messages = [new byte[17], new byte[17], new byte[17]];
        for (byte i = 0; i < 3; i++) from.Seal(default, [i], messages[i]);
        var opened = new byte[1];
        Assert.True(to.TryOpen(default, messages[0], opened));
        Assert.False(to.TryOpen(default, messages[0], opened));
        Assert.False(to.TryOpen(default, messages[2], opened));
        Assert.True(to.TryOpen(default, messages[1], opened));
        Assert.Equal(1, opened[0]);
    }

    [Fact]
    public void A_message_of_the_session_allocates_nothing()
    {
        using var session = new NoiseSession(new CipherState(Key, 0), new CipherState(Key, 0));
        var (text, message) = (new byte[1024], new byte[1024 + CipherState.TagBytes]);
        Pass();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++) Pass();
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());

        void Pass()
        {
            session.Seal(text, message);
            Assert.True(session.TryOpen(message, text));
        }
    }
}
