using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;
using Xunit;
using ZeroK.GrainContracts;
using ZeroK.Wire;

namespace ZeroK.Relay.Tests.Groups;

/// <summary>Relays of two versions are in one cluster while it is upgraded: what one sends, the other reads. golden/grain-contracts.txt has one of each, as version 1 serializes it.</summary>
/// <remarks>A new member gets a new id: old bytes still load. A line of the file is never changed; a new contract, and one that got a new member, gets a new line from the explicit test: NAME, then NAME.2 and so on. What is sent now is the last one.</remarks>
public sealed class GrainContractGoldenTests
{
    private const string OutVariable = "ZEROK_GOLDEN_OUT", FileName = "grain-contracts.txt";

    private static readonly SiloAddress Silo = SiloAddress.New(new IPEndPoint(new IPAddress([192, 0, 2, 1]), 4842), 77);
    private static readonly byte[] Device = Filled(1, 32), Blob = Filled(2, 16), Body = Filled(3, 5);
    private static readonly NamedBody Named = new(new Guid(Filled(9, 16)), 200_000, 1_700_000_000_000);

    private static readonly (string Line, object Value)[] Samples =
    [
        ("GroupReply", new GroupReply(ErrorCode.RelayOverloaded, 200)),
        ("DeviceRequest", new DeviceRequest(Device, Silo)),
        ("HelloRequest", new HelloRequest(Device, Silo, Filled(4, 32), true, true, Filled(5, 3))),
        ("HelloReply", new HelloReply(ErrorCode.None, 0, Filled(6, 16), 10, 2, 3, 4, Blob, 5, 600_000_000_000, 700_000)),
        ("PushRequest", new PushRequest(Device, Silo, [new PushItem(Blob, 9, Body), new PushItem(Filled(7, 16), 10, [])])),
        ("PushReply", new PushReply(ErrorCode.None, 0, [new PushItemResult(ErrorCode.None, 11, 1_700_000_000_000, 0), new PushItemResult(ErrorCode.OutOfOrder, 0, 0, 300)])),
        ("PullRequest", new PullRequest(Device, Silo, 12, 100, 1 << 20)),
        ("PullReply", new PullReply(ErrorCode.None, 0, 13, 14, 15, 12, [new PulledItem(13, BlobState.Present, Device, 9, Blob, 1_700_000_000_001, Body), new PulledItem(14, BlobState.Forgotten, Device, 10, Filled(7, 16), 1_700_000_000_002, [])])),
        ("AckRequest", new AckRequest(Device, Silo, 14)),
        ("DeleteRequest", new DeleteRequest(Device, Silo, [Blob])),
        ("RevokeRequest", new RevokeRequest(Device, Silo, Filled(8, 32))),
        ("DevicesReply", new DevicesReply(ErrorCode.None, 0, [new DeviceItem(Device, Filled(5, 3), 1, 2, 3, 4, true, false)])),
        ("PresenceReply", new PresenceReply(ErrorCode.None, 0, 15, 2)),
        ("NamedBody", Named),
        ("HelloReply.2", new HelloReply(ErrorCode.None, 0, Filled(6, 16), 10, 2, 3, 4, Blob, 5, 600_000_000_000, 700_000, "relay-1.example:4840")),
        ("PushRequest.2", new PushRequest(Device, Silo, [new PushItem(Blob, 9, null, Named), new PushItem(Filled(7, 16), 10, Body)])),
        ("PushReply.2", new PushReply(ErrorCode.None, 0, [new PushItemResult(ErrorCode.None, 11, 1_700_000_000_000, 0, true)], true)),
        ("PullRequest.2", new PullRequest(Device, Silo, 12, 100, 1 << 20, true)),
        ("PullReply.2", new PullReply(ErrorCode.None, 0, 13, 14, 15, 12, [new PulledItem(13, BlobState.Present, Device, 9, Blob, 1_700_000_000_001, [], Named with { PutAtMs = 0 })])),
    ];

    private static readonly Serializer Serializer = new ServiceCollection().AddSerializer(b => b.AddAssembly(typeof(IGroupGrain).Assembly).AddAssembly(typeof(SiloAddress).Assembly))
        .BuildServiceProvider().GetRequiredService<Serializer>();

    public static TheoryData<string> Lines => [.. Samples.Select(s => s.Line)];

    [Theory]
    [MemberData(nameof(Lines))]
    public void What_an_earlier_relay_sent_is_read_and_what_is_sent_now_is_the_same(string line)
    {
        var golden = Golden()[line];
        var sample = Samples.Single(s => s.Line == line).Value;
        if (line == Samples.Last(s => s.Value.GetType() == sample.GetType()).Line) Assert.Equal(golden, HexOf(sample));
        var read = Serializer.Deserialize<object>(Convert.FromHexString(golden));
        Assert.IsType(sample.GetType(), read);
        Assert.Equal(HexOf(sample), HexOf(read));
    }

    [Fact]
    public void Every_contract_that_crosses_silos_has_its_golden_line()
    {
        var contracts = typeof(IGroupGrain).Assembly.GetTypes().Where(t => t.IsDefined(typeof(GenerateSerializerAttribute), false) && t.IsClass).Select(t => t.Name).Order();
        Assert.Equal(contracts, Samples.Select(s => s.Value.GetType().Name).Distinct().Order());
        Assert.Equal(Samples.Select(s => s.Line).Order(), Golden().Keys.Order());
    }

    // A relay that knows no names finds neither bytes nor anything else in such an item, and refuses it.
    [Fact]
    public void Item_with_a_name_has_no_envelope_for_an_older_relay() => Assert.Null(Serializer.Deserialize<PushRequest>(Convert.FromHexString(Golden()["PushRequest.2"]))!.Blobs[0].Envelope);

    // Run by hand for a new contract: ZEROK_GOLDEN_OUT=<tests/Relay.Tests/Groups/golden> … -explicit only -method "*Write_the_golden_contracts*"
    [Fact(Explicit = true)]
    public void Write_the_golden_contracts()
    {
        var folder = Environment.GetEnvironmentVariable(OutVariable) ?? throw new InvalidOperationException($"{OutVariable} names no folder.");
        File.WriteAllLines(Path.Combine(folder, FileName), Samples.Select(s => $"{s.Line} {(Golden().TryGetValue(s.Line, out var kept) ? kept : HexOf(s.Value))}"));
    }

    private static Dictionary<string, string> Golden() => File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "golden", FileName)).Select(l => l.Split(' ')).ToDictionary(l => l[0], l => l[1]);

    private static string HexOf(object value) => Convert.ToHexStringLower(Serializer.SerializeToArray(value));

    private static byte[] Filled(byte value, int count) => [.. Enumerable.Repeat(value, count)];
}
