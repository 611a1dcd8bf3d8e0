using ZeroK.Chaos.Scenarios;
using ZeroK.Client;
using ZeroK.Client.Content;
using ZeroK.Content;

namespace ZeroK.Chaos.Catalogue.Content;

/// <summary>The common part of the content scenarios.</summary>
public abstract class ContentScenario : Scenario
{
    /// <summary>Bytes of a group of the tree.</summary>
    private protected const int Group = 16 * 1024;

    // Around a segment's end, a few segments, many pieces.
    private static readonly int[] Sizes = [1, 65_519, 65_521, 300_000, 1_000_003, 2_500_000];

    /// <summary>What the memory bench is made of: the product's own, or one with a planted bug.</summary>
    internal MemoryParts Parts { get; set; } = new();

    /// <inheritdoc/>
    public override string? WaitsFor(string tier) => tier switch
    {
        "mock" or "processes" => null,
        "docker" => "the files of a relay in a container are out of its reach; the same course runs in memory and on real processes",
        _ => $"it is not for the tier {tier}",
    };

    /// <inheritdoc/>
    public sealed override async Task RunAsync(ScenarioRun run, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(run);
        if (run.Tier == "mock")
        {
            using var memory = new MemoryContentBench(run, Parts);
            await RunInMemoryAsync(run, memory, cancellationToken).ConfigureAwait(false);
            return;
        }

        var bench = await ProcessContentBench.StartAsync(run, RelaySettings, cancellationToken).ConfigureAwait(false);
        await using (bench.ConfigureAwait(false)) await RunOnProcessesAsync(run, bench, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Settings of a real relay beyond the defaults.</summary>
    private protected virtual IReadOnlyList<string> RelaySettings => [];

    /// <summary>The course with a real relay: its process, its files, its connections.</summary>
    private protected abstract Task RunOnProcessesAsync(ScenarioRun run, ProcessContentBench bench, CancellationToken cancellationToken);

    /// <summary>The course with a relay and stores in memory.</summary>
    private protected abstract Task RunInMemoryAsync(ScenarioRun run, MemoryContentBench bench, CancellationToken cancellationToken);

    /// <summary>A content of a seeded size.</summary>
    private protected static byte[] Content(ScenarioRun run, int bytesMin = 1)
    {
        var sizes = Sizes.Where(s => s >= bytesMin).ToArray();
        var content = new byte[sizes[run.Random.Next(sizes.Length)] + run.Random.Next(1000)];
        run.Random.NextBytes(content);
        return content;
    }

    /// <summary>Flips one seeded bit.</summary>
    private protected static void Flip(ScenarioRun run, Span<byte> bytes) => bytes[run.Random.Next(bytes.Length)] ^= (byte)(1 << run.Random.Next(8));

    /// <summary>The relay's store is bad at a content: nothing of it is handed out, and the relay says that its hash is the reason.</summary>
    private protected static async Task IsDamagedAsync(ScenarioRun run, ProcessContentBench bench, string promise, ContentReference reference, CancellationToken cancellationToken)
    {
        var (bytes, failure, _) = await bench.GetAsync(reference, cancellationToken).ConfigureAwait(false);
        run.That(promise, failure is ContentTransferException { Code: ErrorCode.ContentNotFound } && bytes.Length == 0, FormattableString.Invariant($"a damaged object gave {failure?.GetType().Name ?? "no error"} and {bytes.Length} bytes"));
        run.That(promise, await bench.IsSeenDamagedAsync(cancellationToken).ConfigureAwait(false), "the relay did not see by the hash that its object is damaged");
    }

    /// <summary>The most bytes of the tree that move with an object: each node once, and those on the path to a piece with each piece.</summary>
    private protected static long NodeBytesMax(long sealedLength)
    {
        var pieces = (sealedLength / TransferWindow.Min) + 4;
        return ContentTree.ParentSize * ((sealedLength / Group) + (pieces * (1 + System.Numerics.BitOperations.Log2((ulong)(sealedLength / Group) + 1))));
    }
}
