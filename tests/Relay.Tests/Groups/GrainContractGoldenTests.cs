using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;
using Xunit;
using ZeroK.GrainContracts;
using ZeroK.Wire;

namespace ZeroK.Relay.Tests.Groups;

/// <summary>Relays of two versions are in one cluster while it is upgraded: what one sends, the other reads. golden/grain-contracts.txt has one of each, as version 1 serializes it.</summary>
/// <remarks>A new member gets a new id: old bytes still load. A line of the file is never changed; a new contract gets a new line from the explicit test.</remarks>
public sealed class GrainContractGoldenTests
{
    private const string OutVariable = "ZEROK_GOLDEN_OUT", FileName = "grain-contracts.txt";

    private static readonly SiloAddress Silo = SiloAddress.New(new IPEndPoint(new IPAddress([192, 0, 2, 1]), 4842), 77);
    private static readonly byte[] Device = Filled(1, 32), Blob = Filled(2, 16), Body = Filled(3, 5);

    private static readonly object[] Samples =
    [
        new GroupReply(ErrorCode.RelayOverloaded, 200),
        new DeviceRequest(Device, Silo),
        new HelloRequest(Device, Silo, Filled(4, 32), true, true, Filled(5, 3)),
        new HelloReply(ErrorCode.None, 0, Filled(6, 16), 10, 2, 3, 4, Blob, 5, 600_000_000_000, 700_000, "relay-1.example:4840"),
        new PushRequest(Device, Silo, [new PushItem(Blob, 9, Body), new PushItem(Filled(7, 16), 10, [])]),
        new PushReply(ErrorCode.None, 0, [new PushItemResult(ErrorCode.None, 11, 1_700_000_000_000, 0), new PushItemResult(ErrorCode.OutOfOrder, 0, 0, 300)]),
        new PullRequest(Device, Silo, 12, 100, 1 << 20),
        new PullReply(ErrorCode.None, 0, 13, 14, 15, 12, [new PulledItem(13, BlobState.Present, Device, 9, Blob, 1_700_000_000_001, Body), new PulledItem(14, BlobState.Forgotten, Device, 10, Filled(7, 16), 1_700_000_000_002, [])]),
        new AckRequest(Device, Silo, 14),
        new DeleteRequest(Device, Silo, [Blob]),
        new RevokeRequest(Device, Silo, Filled(8, 32)),
        new DevicesReply(ErrorCode.None, 0, [new DeviceItem(Device, Filled(5, 3), 1, 2, 3, 4, true, false)]),
        new PresenceReply(ErrorCode.None, 0, 15, 2),
    ];

    // Lines of earlier versions, and what is read from them now. The line that a contract has today has the number of its members' version in its name.
    private static readonly Dictionary<string, object> Earlier = new()
    {
        ["HelloReply"] = Samples.OfType<HelloReply>().Single() with { Elsewhere = null },
    };

    private static readonly Dictionary<string, int> Versions = new() { ["HelloReply"] = 2 };

    private static readonly Serializer Serializer = new ServiceCollection().AddSerializer(b => b.AddAssembly(typeof(IGroupGrain).Assembly).AddAssembly(typeof(SiloAddress).Assembly))
        .BuildServiceProvider().GetRequiredService<Serializer>();

    public static TheoryData<string> Names => [.. Samples.Select(NameOf)];

    public static TheoryData<string> EarlierNames => [.. Earlier.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void What_an_earlier_relay_sent_is_read_and_what_is_sent_now_is_the_same(string name)
    {
        var golden = Golden()[name];
        var sample = Samples.Single(s => NameOf(s) == name);
        Assert.Equal(golden, HexOf(sample));
        var read = Serializer.Deserialize<object>(Convert.FromHexString(golden));
        Assert.IsType(sample.GetType(), read);
        Assert.Equal(golden, HexOf(read));
    }

    [Theory]
    [MemberData(nameof(EarlierNames))]
    public void What_a_relay_sent_before_a_member_was_added_is_read_without_it(string name) =>
        Assert.Equal(HexOf(Earlier[name]), HexOf(Serializer.Deserialize<object>(Convert.FromHexString(Golden()[name]))!));

    [Fact]
    public void Every_contract_that_crosses_silos_has_its_golden_line()
    {
        var contracts = typeof(IGroupGrain).Assembly.GetTypes().Where(t => t.IsDefined(typeof(GenerateSerializerAttribute), false) && t.IsClass).Select(t => t.Name).Order();
        Assert.Equal(contracts, Samples.Select(s => s.GetType().Name).Order());
        Assert.Equal(Samples.Select(NameOf).Concat(Earlier.Keys).Order(), Golden().Keys.Order());
    }

    // Run by hand for a new contract: ZEROK_GOLDEN_OUT=<tests/Relay.Tests/Groups/golden> … -explicit only -method "*Write_the_golden_contracts*"
    [Fact(Explicit = true)]
    public void Write_the_golden_contracts()
    {
        var folder = Environment.GetEnvironmentVariable(OutVariable) ?? throw new InvalidOperationException($"{OutVariable} names no folder.");
        var known = Golden();
        File.AppendAllLines(Path.Combine(folder, FileName), Samples.Where(s => !known.ContainsKey(NameOf(s))).Select(s => $"{NameOf(s)} {HexOf(s)}"));
    }

    private static string NameOf(object sample) => sample.GetType().Name is var name && Versions.TryGetValue(name, out var version) ? $"{name}/{version}" : sample.GetType().Name;

    private static Dictionary<string, string> Golden() => File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "golden", FileName)).Select(l => l.Split(' ')).ToDictionary(l => l[0], l => l[1]);

    private static string HexOf(object value) => Convert.ToHexStringLower(Serializer.SerializeToArray(value));

    private static byte[] Filled(byte value, int count) => [.. Enumerable.Repeat(value, count)];
}
