using Xunit;
using ZeroK.Client;
using ZeroK.Client.Content;

namespace ZeroK.Content.Tests.Client;

/// <summary>What every transfer store must do.</summary>
public abstract class TransferStoreConformance
{
    internal abstract ITransferStore Open();

    private static TransferRecord Record(TransferKind kind, byte number)
    {
        var reference = new ContentReference { Id = new ContentId(Enumerable.Repeat(number, 32).ToArray()), Epoch = 1, Length = 10, Hash = Blake3.Hash([number]), Name = "n" };
        return new TransferRecord { Kind = kind, Reference = reference, Objects = kind == TransferKind.Put ? [reference] : [] };
    }

    [Fact]
    public void Records_and_their_stages_outlive_the_store()
    {
        var record = Record(TransferKind.Put, 1);
        using (var store = Open())
        {
            using (var stage = store.Open(TransferKind.Put, record.Id))
            {
                stage.WriteContent(5, [1, 2, 3]);
                stage.WriteOutboard(64, [9]);
            }

            store.Save(record);
            store.Save(record with { PushedAfter = 3 });
        }

        using var again = Open();
        var read = Assert.Single(again.Load());
        Assert.Equal((3ul, record.Reference), (read.PushedAfter, read.Reference));
        using var kept = again.Open(TransferKind.Put, record.Id);
        var bytes = new byte[10];
        Assert.Equal(8, kept.ReadContent(0, bytes));
        Assert.Equal([0, 0, 0, 0, 0, 1, 2, 3, 0, 0], bytes);
        Assert.Equal(1, kept.ReadOutboard(64, bytes));
        Assert.Equal(0, kept.ReadContent(8, bytes));
    }

    [Fact]
    public void Stages_without_a_record_are_gone_after_loading()
    {
        using var store = Open();
        var (put, get) = (Record(TransferKind.Put, 1), Record(TransferKind.Get, 1));
        store.Save(get);
        foreach (var record in new[] { put, get })
        {
            using var stage = store.Open(record.Kind, record.Id);
            stage.WriteContent(0, [1]);
        }

        store.Load();
        Assert.Equal(0, Length(store, put));
        Assert.Equal(1, Length(store, get));
    }

    [Fact]
    public void Removed_record_takes_its_stages_with_it_and_leaves_others()
    {
        using var store = Open();
        var (one, two) = (Record(TransferKind.Get, 1), Record(TransferKind.Get, 2));
        foreach (var record in new[] { one, two })
        {
            store.Save(record);
            using var stage = store.Open(record.Kind, record.Id);
            stage.WriteContent(0, [1]);
        }

        store.Remove(one);
        Assert.Equal(two.Id, Assert.Single(store.Load()).Id);
        Assert.Equal(0, Length(store, one));
        store.Discard(TransferKind.Get, two.Id);
        Assert.Equal(0, Length(store, two));
    }

    private static int Length(ITransferStore store, TransferRecord record)
    {
        using var stage = store.Open(record.Kind, record.Id);
        return stage.ReadContent(0, new byte[10]);
    }
}

public sealed class MemoryTransferStoreTests : TransferStoreConformance, IDisposable
{
    private readonly MemoryTransferStore _store = new();

    internal override ITransferStore Open() => _store;

    public void Dispose() => _store.Dispose();
}

public sealed class FileTransferStoreTests : TransferStoreConformance, IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("zerok-transfers-").FullName;

    internal override ITransferStore Open() => new FileTransferStore(_directory);

    [Fact]
    public void Files_are_for_their_owner_alone_and_tell_no_name()
    {
        using var store = Open();
        var reference = new ContentReference { Id = ContentId.New(), Epoch = 1, Length = 1, Hash = Blake3.Hash([1]), Name = "secret-name" };
        store.Save(new TransferRecord { Kind = TransferKind.Get, Reference = reference });
        store.Open(TransferKind.Get, reference.Id).Dispose();
        var files = Directory.GetFiles(_directory);
        Assert.Equal(3, files.Length);
        foreach (var file in files)
        {
            Assert.DoesNotContain("secret-name", file, StringComparison.Ordinal);
            if (!OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        }
    }

    [Fact]
    public void Damaged_record_is_set_aside_and_does_not_stop_the_others()
    {
        using var store = Open();
        var good = new ContentReference { Id = ContentId.New(), Epoch = 1, Length = 1, Hash = Blake3.Hash([1]) };
        store.Save(new TransferRecord { Kind = TransferKind.Get, Reference = good });
        store.Save(new TransferRecord { Kind = TransferKind.Get, Reference = good with { Id = ContentId.New() } });
        var damaged = Directory.GetFiles(_directory, "*.transfer").First(f => !f.Contains(good.Id.Reveal(), StringComparison.Ordinal));
        var bytes = File.ReadAllBytes(damaged);
        bytes[20] ^= 1;
        File.WriteAllBytes(damaged, bytes);
        Assert.Equal(good.Id, Assert.Single(store.Load()).Id);
        Assert.True(File.Exists(damaged + ".damaged"));
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);
}
