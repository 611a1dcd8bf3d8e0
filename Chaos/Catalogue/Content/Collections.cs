using ZeroK.Chaos.Scenarios;
using ZeroK.Client;
using ZeroK.Client.Content;
using ZeroK.Content;

namespace ZeroK.Chaos.Catalogue.Content;

/// <summary>The common part of the collection scenarios.</summary>
public abstract class CollectionScenario : ContentScenario
{
    private protected const int Members = 5;

    private protected static async Task<(ContentReference Collection, Dictionary<string, byte[]> Contents)> PutAsync(ScenarioRun run, MemoryContentBench bench, CancellationToken cancellationToken)
    {
        var contents = Enumerable.Range(0, Members).ToDictionary(i => $"member {i}", _ => Content(run));
        var members = contents.Select(c => new ContentMember(new MemoryStream(c.Value), new ContentOptions { Name = c.Key })).ToList();
        return (await bench.Sender.PutCollectionAsync(members, new ContentOptions { Name = "collection" }, cancellationToken).ConfigureAwait(false), contents);
    }

    private protected static async Task<(ContentReference Collection, Dictionary<string, byte[]> Contents)> PutAsync(ScenarioRun run, ProcessContentBench bench, CancellationToken cancellationToken)
    {
        var contents = Enumerable.Range(0, Members).ToDictionary(i => $"member {i}", _ => Content(run));
        var members = contents.Select(c => new ContentMember(new MemoryStream(c.Value), new ContentOptions { Name = c.Key })).ToList();
        return (await bench.Sender.PutCollectionAsync(members, new ContentOptions { Name = "collection" }, null, cancellationToken).ConfigureAwait(false), contents);
    }

    private protected static Task<CollectionStatus> GetAsync(ProcessContentBench bench, ContentReference collection, Dictionary<string, MemoryStream> into, CancellationToken cancellationToken) =>
        bench.Receiver.GetCollectionAsync(collection, (m, _) => ValueTask.FromResult<Stream>(into[m.Name!] = new MemoryStream()), null, cancellationToken);

    private protected static Task<CollectionStatus> GetAsync(MemoryContentBench bench, ContentReference collection, Dictionary<string, MemoryStream> into, CancellationToken cancellationToken) =>
        bench.Receiver.GetCollectionAsync(collection, (m, _) => ValueTask.FromResult<Stream>(into[m.Name!] = new MemoryStream()), cancellationToken);
}

/// <summary>C-COLL-01: three of five members arrive, two fail.</summary>
public sealed class PartialCollection : CollectionScenario
{
    /// <inheritdoc/>
    public override IReadOnlyList<string> Promises => [Promise.NeverComplete, Promise.SaysMissing];

    private protected override async Task RunInMemoryAsync(ScenarioRun run, MemoryContentBench bench, CancellationToken cancellationToken)
    {
        var (collection, contents) = await PutAsync(run, bench, cancellationToken).ConfigureAwait(false);
        var manifest = await bench.Receiver.GetManifestAsync(collection, cancellationToken).ConfigureAwait(false);
        var failing = manifest.OrderBy(_ => run.Random.Next()).Take(2).ToList();
        var isGone = run.Random.Next(2) == 0;
        bench.Relay.Before = call => isGone && call.Call == ContentCall.Get && failing.Any(f => f.Hash == call.Hash) ? throw new ContentRefusedException(ErrorCode.NotSupported, 0, "The relay does not have this content now.") : Task.CompletedTask;
        if (!isGone) foreach (var member in failing) bench.Relay.Damage(member.Hash, bytes => bytes[0] ^= 1);
        var into = new Dictionary<string, MemoryStream>();
        var status = await GetAsync(bench, collection, into, cancellationToken).ConfigureAwait(false);
        run.Fault(isGone ? "two members are not on the relay" : "two members are damaged on the relay");
        run.That(Promise.NeverComplete, !status.IsComplete, "a collection with missing members was presented as complete");
        run.That(Promise.SaysMissing, status.Missing.Select(m => m.Member.Name).ToHashSet().SetEquals(failing.Select(f => f.Name)), "it does not say which members are missing");
        run.That(Promise.SaysMissing, status.Missing.All(m => m.Why.Length > 20), "it does not say why members are missing");
        run.That(status.Arrived.Count == Members - 2 && status.Arrived.All(m => into[m.Name!].ToArray().AsSpan().SequenceEqual(contents[m.Name!])), "the other members did not arrive");
        run.That(Promise.NeverComplete, failing.All(f => into[f.Name!].ToArray().Length == 0), "bytes of a missing member were handed out");

        bench.Relay.Before = null;
        if (!isGone) foreach (var member in failing) bench.Relay.Damage(member.Hash, bytes => bytes[0] ^= 1);
        bench.RestartReceiver();
        run.Healed("all members are on the relay");
        var before = bench.Relay.Calls.Count;
        var arrived = status.Arrived.Select(m => m.Hash).ToHashSet();
        status = await GetAsync(bench, collection, into, cancellationToken).ConfigureAwait(false);
        run.That(Promise.SaysMissing, status.IsComplete && status.Arrived.Count == Members, "the collection does not complete later");
        run.That(Promise.SaysMissing, !bench.Relay.Calls.Skip(before).Any(c => arrived.Contains(c.Hash)), "a member that had arrived was fetched again");
        run.That(contents.All(c => into[c.Key].ToArray().AsSpan().SequenceEqual(c.Value)), "a member's bytes differ");
    }

    private protected override async Task RunOnProcessesAsync(ScenarioRun run, ProcessContentBench bench, CancellationToken cancellationToken)
    {
        var (collection, contents) = await PutAsync(run, bench, cancellationToken).ConfigureAwait(false);
        var manifest = await bench.Receiver.GetManifestAsync(collection, cancellationToken).ConfigureAwait(false);
        var failing = manifest.OrderBy(_ => run.Random.Next()).Take(2).ToList();

        var good = failing.ToDictionary(f => f, f => File.ReadAllBytes(bench.FileOf(f.Hash)));
        foreach (var member in failing) ProcessContentBench.Flip(bench.FileOf(member.Hash), run.Random.NextInt64(member.SealedLength), (byte)(1 << run.Random.Next(8)));
        var into = new Dictionary<string, MemoryStream>();
        var status = await GetAsync(bench, collection, into, cancellationToken).ConfigureAwait(false);
        run.Fault("two members are changed on the relay's disk");
        run.That(Promise.NeverComplete, !status.IsComplete, "a collection with missing members was presented as complete");
        run.That(Promise.NeverComplete, failing.All(f => into[f.Name!].ToArray().Length == 0), "bytes of a missing member were handed out");
        run.That(Promise.SaysMissing, status.Missing.Select(m => m.Member.Name).ToHashSet().SetEquals(failing.Select(f => f.Name)) && status.Missing.All(m => m.Why.Length > 20), "it does not say which members are missing, and why");
        run.That(status.Arrived.Count == Members - 2 && status.Arrived.All(m => into[m.Name!].ToArray().AsSpan().SequenceEqual(contents[m.Name!])), "the other members did not arrive");

        // A device that still has the sealed bytes puts them again: the relay mends its copy.
        foreach (var (member, bytes) in good)
        {
            using var stage = new MemoryStagedObject();
            stage.WriteContent(0, bytes);
            stage.WriteOutboard(0, OutboardBuilder.Compute(bytes, out _));
            await new Upload(bench.Sender.ContentPort, new TransferWindow(TimeProvider.System), member, stage, new Retries(SyncOptions.Default), (_, _) => { }).RunAsync(cancellationToken).ConfigureAwait(false);
        }

        await bench.RestartReceiverAsync(cancellationToken).ConfigureAwait(false);
        run.Healed("the members are whole again; the receiver starts anew");
        into.Clear();
        status = await GetAsync(bench, collection, into, cancellationToken).ConfigureAwait(false);
        run.That(Promise.SaysMissing, status.IsComplete, $"the collection does not complete later: {string.Join(' ', status.Missing.Select(m => m.Why))}");
        run.That(Promise.SaysMissing, into.Keys.ToHashSet().SetEquals(failing.Select(f => f.Name!)), "a member that had arrived was fetched again");
        run.That(into.All(m => m.Value.ToArray().AsSpan().SequenceEqual(contents[m.Key])), "a member's bytes differ");
    }
}

/// <summary>C-COLL-02: the manifest is altered: a bit on the relay, or another collection's manifest in its place.</summary>
public sealed class CorruptedManifest : CollectionScenario
{
    /// <inheritdoc/>
    public override IReadOnlyList<string> Promises => [Promise.ManifestFirst];

    private protected override async Task RunInMemoryAsync(ScenarioRun run, MemoryContentBench bench, CancellationToken cancellationToken)
    {
        var (collection, contents) = await PutAsync(run, bench, cancellationToken).ConfigureAwait(false);
        var (other, _) = await PutAsync(run, bench, cancellationToken).ConfigureAwait(false);
        var (at, bit) = (run.Random.Next((int)collection.SealedLength), (byte)(1 << run.Random.Next(8)));
        bench.Relay.Damage(collection.Hash, bytes => bytes[at] ^= bit);
        await RefusedAsync(run, bench, collection, FormattableString.Invariant($"bit of byte {at} of the manifest flipped"), cancellationToken).ConfigureAwait(false);
        bench.Relay.Damage(collection.Hash, bytes => bytes[at] ^= bit);

        // A member of the group who names one collection's manifest with another's id: the hash is right, the seal is not.
        await RefusedAsync(run, bench, collection with { Hash = other.Hash, Length = other.Length }, "another manifest in its place", cancellationToken).ConfigureAwait(false);
        run.Healed("the manifest is as it was");
        var into = new Dictionary<string, MemoryStream>();
        var status = await GetAsync(bench, collection, into, cancellationToken).ConfigureAwait(false);
        run.That(status.IsComplete && contents.All(c => into[c.Key].ToArray().AsSpan().SequenceEqual(c.Value)), "the collection does not come back");
    }

    private static async Task RefusedAsync(ScenarioRun run, MemoryContentBench bench, ContentReference collection, string what, CancellationToken cancellationToken)
    {
        var (into, before) = (new Dictionary<string, MemoryStream>(), bench.Relay.Calls.Count);
        var isRefused = false;
        try
        {
            await GetAsync(bench, collection, into, cancellationToken).ConfigureAwait(false);
        }
        catch (ContentException)
        {
            isRefused = true;
        }

        run.Fault(what);
        run.That(Promise.ManifestFirst, isRefused, "a changed manifest was taken");
        run.That(Promise.ManifestFirst, into.Count == 0 && bench.Relay.Calls.Skip(before).All(c => c.Hash == collection.Hash), "a member was served from a changed manifest");
    }

    private protected override async Task RunOnProcessesAsync(ScenarioRun run, ProcessContentBench bench, CancellationToken cancellationToken)
    {
        var (collection, contents) = await PutAsync(run, bench, cancellationToken).ConfigureAwait(false);
        var (other, _) = await PutAsync(run, bench, cancellationToken).ConfigureAwait(false);
        await RefusedAsync(run, bench, collection with { Hash = other.Hash, Length = other.Length }, "another manifest in its place", cancellationToken).ConfigureAwait(false);
        run.Healed("the manifest is the right one");
        var into = new Dictionary<string, MemoryStream>();
        var status = await GetAsync(bench, collection, into, cancellationToken).ConfigureAwait(false);
        run.That(status.IsComplete && contents.All(c => into[c.Key].ToArray().AsSpan().SequenceEqual(c.Value)), "the collection does not come back");

        var file = bench.FileOf(collection.Hash);
        ProcessContentBench.Flip(file, run.Random.NextInt64(new FileInfo(file).Length), (byte)(1 << run.Random.Next(8)));
        await RefusedAsync(run, bench, collection, "a bit of the manifest flipped on the relay's disk", cancellationToken).ConfigureAwait(false);
    }

    private static async Task RefusedAsync(ScenarioRun run, ProcessContentBench bench, ContentReference collection, string what, CancellationToken cancellationToken)
    {
        var (into, failure) = (new Dictionary<string, MemoryStream>(), default(Exception));
        try
        {
            await GetAsync(bench, collection, into, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is ContentException or ContentTransferException)
        {
            failure = e;
        }

        run.Fault(what);
        run.That(Promise.ManifestFirst, failure is not null, "a changed manifest was taken");
        run.That(Promise.ManifestFirst, into.Count == 0, "a member was served from a changed manifest");
    }
}
