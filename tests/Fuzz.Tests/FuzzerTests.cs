using System.Buffers.Binary;
using Xunit;
using ZeroK.Fuzz.Tests.Engine;

namespace ZeroK.Fuzz.Tests;

/// <summary>The fuzzer itself: parsers with one bug each, all of which it must find.</summary>
public sealed class FuzzerTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);
    private static readonly byte[] Valid = [.. "TEST"u8, 0, 3, 1, 2, 3];

    [Fact]
    public void A_sound_parser_gives_no_finding() => Assert.Null(new Fuzzer(Target(Sound), 1).Run(TimeSpan.FromMilliseconds(300)));

    [Fact]
    public void A_length_that_is_not_checked_is_found()
    {
        var finding = new Fuzzer(Target(static b => b.AsSpan().StartsWith("TEST"u8) && b.Length >= 6 ? b.AsSpan(6, BinaryPrimitives.ReadUInt16BigEndian(b.AsSpan(4))).ToArray() : null), 1).Run(Limit);
        Assert.Contains("ArgumentOutOfRangeException", finding!.What, StringComparison.Ordinal);
        Assert.Contains("ZEROK_FUZZ_SEED=1", finding.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void An_allocation_before_the_check_is_found()
    {
        var finding = new Fuzzer(Target(static b =>
        {
            if (!b.AsSpan().StartsWith("TEST"u8) || b.Length < 6) return null;
            var body = new byte[BinaryPrimitives.ReadUInt16BigEndian(b.AsSpan(4))];
            return b.Length == 6 + body.Length && b.AsSpan(6).TryCopyTo(body) ? body : null;
        }) with { AllocationBytesMax = static _ => 4096 }, 1).Run(Limit);
        Assert.Contains("allocated", finding!.What, StringComparison.Ordinal);
    }

    [Fact]
    public void Bytes_after_the_end_that_nobody_checks_are_found()
    {
        var finding = new Fuzzer(Target(static b => b.AsSpan().StartsWith("TEST"u8) && b.Length >= 6 && b.Length - 6 >= BinaryPrimitives.ReadUInt16BigEndian(b.AsSpan(4)) ? b[6..(6 + BinaryPrimitives.ReadUInt16BigEndian(b.AsSpan(4)))] : null), 1).Run(Limit);
        Assert.Contains("does not hold", finding!.What, StringComparison.Ordinal);
    }

    [Fact]
    public void A_parser_that_writes_into_its_input_is_found()
    {
        var finding = new Fuzzer(Target(static b =>
        {
            if (b.Length > 0) b[0] = 0;
            return null;
        }), 1).Run(Limit);
        Assert.Contains("changed its input", finding!.What, StringComparison.Ordinal);
    }

    [Fact]
    public void The_same_seed_finds_the_same_input()
    {
        var target = Target(static b => b.Length > 12 && b[7] == 0xff ? throw new InvalidOperationException() : Sound(b));
        var (first, second) = (new Fuzzer(target, 7).Run(Limit), new Fuzzer(target, 7).Run(Limit));
        Assert.Equal(first!.Input, second!.Input);
        Assert.Equal(first.Iteration, second.Iteration);
    }

    private static FuzzTarget Target(Func<byte[], object?> parse) => new("planted", [Valid], parse)
    {
        Verify = static (input, value) => Assert.Equal(input, (byte[])[.. "TEST"u8, (byte)(((byte[])value).Length >> 8), (byte)((byte[])value).Length, .. (byte[])value]),
    };

    private static byte[]? Sound(byte[] b) =>
        b.AsSpan().StartsWith("TEST"u8) && b.Length >= 6 && b.Length - 6 == BinaryPrimitives.ReadUInt16BigEndian(b.AsSpan(4)) ? b[6..] : null;
}
