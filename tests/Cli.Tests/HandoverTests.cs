using System.Net.Sockets;
using System.Text;
using Xunit;
using ZeroK.Cli.Handover;
using ZeroK.Cli.Sync;
using ZeroK.Client;
using ZeroK.Wire;

namespace ZeroK.Cli.Tests;

/// <summary>One process holds a device; what others of its user want is done through it.</summary>
public sealed class HandoverTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly FakeSession _first = new();
    private readonly CancellationTokenSource _interrupt = new();
    private readonly CliTestHost _host = new();
    private HandoverServer? _server;

    private string Folder => _host.Folder;

    public ValueTask InitializeAsync()
    {
        _server = HandoverServer.TryStart(Folder, _first, _interrupt.Token);
        _host.Sessions = new Through(Folder);
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await _interrupt.CancelAsync();
        if (_server is not null) await _server.DisposeAsync();
        _interrupt.Dispose();
        _host.Dispose();
    }

    [Fact]
    public void A_system_without_local_sockets_hands_nothing_over_and_does_not_fail() =>
        Assert.Null(ControlSocket.TryOpen(Folder, (_, _) => Assert.Fail("There is no socket to open."), () => throw new SocketException((int)SocketError.AddressFamilyNotSupported)));

    [Fact]
    public async Task A_push_is_done_by_the_process_that_holds_the_device()
    {
        var result = await _host.RunAsync("push", "hello", "--label", "a/b", "--json");
        Assert.Equal(0, result.Code);
        Assert.Equal(["pushed", "durable", "done"], result.Events.Select(e => (string?)e["event"]));
        Assert.Equal(("hello", "a/b"), (Encoding.UTF8.GetString(_first.Pushes.Single().Payload), _first.Pushes.Single().Label));
    }

    [Fact]
    public async Task The_largest_blob_fits()
    {
        File.WriteAllBytes(_host.PathOf("big"), new byte[WireLimits.PayloadBytesMax]);
        Assert.Equal(0, (await _host.RunAsync("push", "--file", _host.PathOf("big"), "--label", "big")).Code);
        Assert.Equal(WireLimits.PayloadBytesMax, _first.Pushes.Single().Payload.Length);
    }

    [Fact]
    public async Task A_pull_reads_and_acknowledges_through_it()
    {
        _first.Arrives(null, "one"u8.ToArray());
        _first.Arrives(null, "two"u8.ToArray());
        var result = await _host.RunAsync("pull");
        Assert.Equal("#1  abababab  one\n#2  abababab  two\n", result.Out);
        Assert.Equal(2UL, _first.Acked[^1]);
    }

    [Fact]
    public async Task Devices_status_peek_and_delete_are_asked_through_it()
    {
        _first.Status = new SyncStatus
        {
            State = SyncState.Live,
            Head = new Cursor(7),
            Vector = new VersionVector([KeyValuePair.Create(FakeSession.Other, 5UL)]),
            Relays = [new RelayStatus { Address = new RelayAddress("sync.example", 4840, new byte[32]), IsPrimary = true, ConnectedTo = new Transport.RelayEndpoint("::1", 1) }],
        };
        Assert.Equal("phone", (string?)(await _host.RunAsync("devices", "--json")).The("device")["name"]);
        var status = (await _host.RunAsync("status", "--online", "--json")).The("status");
        Assert.Equal(7UL, (ulong)status["head"]!);
        Assert.Equal("[::1]:1", (string?)status["perRelay"]![0]!["connectedTo"]);
        Assert.Equal(5UL, (ulong)status["vectorEntries"]![FakeSession.Other.Reveal()]!);
        Assert.Equal("kept", (string?)(await _host.RunAsync("pull", "--after", "0", "--json")).The("received")["text"]);
        _first.NotReached = [new RelayAddress("away.example", 1, new byte[32])];
        var deleted = await _host.RunAsync("delete", new string('a', 32), "--json");
        Assert.Equal((int)ExitCode.Unreachable, deleted.Code);
        Assert.Equal(new string('a', 32), _first.Deleted.Single().Reveal());
    }

    [Fact]
    public async Task A_contents_bytes_are_read_here_and_written_here()
    {
        var bytes = new byte[3 * 1024 * 1024 + 17];
        new Random(7).NextBytes(bytes);
        await using var second = (await HandedOverSession.TryOpenAsync(Folder, TimeProvider.System, CancellationToken.None))!;
        var moved = new List<ContentProgress>();
        using var source = new MemoryStream([1, 2, 3, .. bytes]) { Position = 3 };
        using var small = new MemoryStream([9, 9]);
        var receipt = await second.Contents.QueueAsync(source, new ContentOptions { Name = "film", Preview = small }, new Seen(moved), CancellationToken.None);
        await receipt.Durable;
        var reference = receipt.Reference;
        Assert.Equal(("film", bytes.Length, 2L), (reference.Name, reference.Length, reference.Preview!.Length));
        Assert.NotEmpty(moved);
        using var target = new MemoryStream();
        await second.Contents.GetAsync(reference, target, new Seen(moved), CancellationToken.None);
        Assert.Equal(bytes, target.ToArray());
    }

    [Fact]
    public async Task A_collection_goes_and_comes_through_it()
    {
        foreach (var name in new[] { "a", "b" }) File.WriteAllText(_host.PathOf(name), name);
        Assert.Equal(0, (await _host.RunAsync("content", "put", _host.PathOf("a"), _host.PathOf("b"), "--collection", "both", "--data-dir", Folder)).Code);
        var got = await _host.RunAsync("content", "get", "both", "--out", _host.PathOf("got"), "--data-dir", Folder);
        Assert.Equal(0, got.Code);
        Assert.Equal(["a", "b"], Directory.GetFiles(_host.PathOf("got")).Order().Select(File.ReadAllText));
    }

    [Fact]
    public async Task A_file_that_can_not_be_read_ends_the_put_and_not_the_process_that_sends_it()
    {
        await using var second = (await HandedOverSession.TryOpenAsync(Folder, TimeProvider.System, CancellationToken.None))!;
        await using var broken = new BrokenStream();
        var failed = await Assert.ThrowsAnyAsync<Exception>(() => second.Contents.QueueAsync(broken, new ContentOptions { Length = 5 }, new Seen([]), CancellationToken.None));
        Assert.Contains("planted", failed.Message, StringComparison.Ordinal);
        Assert.Single(await second.ListDevicesAsync(CancellationToken.None));
    }

    [Fact]
    public async Task What_a_relay_refuses_is_told_as_it_is()
    {
        _first.Durable = _ => Task.FromException<Cursor>(new SyncException(ErrorCode.Unauthorized, "not a member"));
        var result = await _host.RunAsync("push", "x");
        Assert.Equal((int)ExitCode.Refused, result.Code);
        Assert.Contains("not a member", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task When_the_process_ends_before_it_answered_the_error_says_so_and_what_it_answered_is_kept()
    {
        var accepted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _first.Durable = async _ => { accepted.TrySetResult(); await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, _interrupt.Token); return Cursor.Zero; };
        var pushing = _host.RunAsync("push", "x", "--json");
        await accepted.Task.WaitAsync(Patience, TimeProvider.System);
        await _interrupt.CancelAsync();
        await _server!.DisposeAsync();
        _server = null;
        var result = await pushing.WaitAsync(Patience, TimeProvider.System);
        Assert.Equal((int)ExitCode.Error, result.Code);
        Assert.Contains("ended before it had answered", result.Error, StringComparison.Ordinal);
        Assert.Single(_first.Pushes);
    }

    [Fact]
    public async Task A_process_that_ends_in_order_finishes_what_was_handed_to_it()
    {
        var (accepted, may) = (new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        _first.Durable = async s => { accepted.TrySetResult(); await may.Task; return new Cursor(s); };
        var pushing = _host.RunAsync("push", "x");
        await accepted.Task.WaitAsync(Patience, TimeProvider.System);
        var ending = _server!.DisposeAsync().AsTask();
        _server = null;
        Assert.False(ending.IsCompleted);
        may.SetResult();
        Assert.Equal(0, (await pushing.WaitAsync(Patience, TimeProvider.System)).Code);
        await ending.WaitAsync(Patience, TimeProvider.System);
        Assert.False(File.Exists(Path.Combine(Folder, "control.sock")));
    }

    [Fact]
    public void Only_the_owner_may_use_the_socket()
    {
        if (OperatingSystem.IsWindows()) Assert.Skip("Windows has no modes.");
        else Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(Folder, "control.sock")));
    }

    [Fact]
    public async Task What_a_killed_process_left_lying_does_not_keep_the_next_from_listening()
    {
        var folder = Directory.CreateDirectory(_host.PathOf("killed")).FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "control.sock"), "");
        Assert.Null(await HandedOverSession.TryOpenAsync(folder, TimeProvider.System, CancellationToken.None));
        await using var server = HandoverServer.TryStart(folder, _first, _interrupt.Token);
        await using var second = await HandedOverSession.TryOpenAsync(folder, TimeProvider.System, CancellationToken.None);
        Assert.Equal("fake", second!.Name);
    }

    [Fact]
    public async Task A_path_too_long_for_a_socket_is_handed_over_too_or_the_error_says_why_not()
    {
        var folder = Directory.CreateDirectory(_host.PathOf(new string('x', 120))).FullName;
        await using var server = HandoverServer.TryStart(folder, _first, _interrupt.Token);
        await using var second = await HandedOverSession.TryOpenAsync(folder, TimeProvider.System, CancellationToken.None);
        Assert.Equal(OperatingSystem.IsLinux(), second is not null);
        Assert.Equal(OperatingSystem.IsLinux(), ControlSocket.WhyNone(folder) is null);
    }

    public static TheoryData<string> Noise() => new("", "\0\0\0\0", "\u007f\u007f\u007f\u007f", "\u0002\0\0\0[]", "\u0002\0\0\0{}", "\u0004\0\0\0nope", "GET / HTTP/1.1\r\n\r\n");

    [Theory]
    [MemberData(nameof(Noise))]
    public async Task Noise_at_the_socket_ends_only_its_own_connection(string noise)
    {
        using (var socket = ControlSocket.TryConnect(Folder))
        {
            socket!.Socket.Send(Encoding.Latin1.GetBytes(noise));
            socket.Socket.Shutdown(System.Net.Sockets.SocketShutdown.Send);
            Assert.True(IsClosed(socket.Socket));
        }

        Assert.Equal(0, (await _host.RunAsync("push", "x")).Code);
    }

    // Closed with bytes of ours unread, it says so by a reset.
    private static bool IsClosed(System.Net.Sockets.Socket socket)
    {
        try
        {
            return socket.Receive(new byte[16]) == 0;
        }
        catch (System.Net.Sockets.SocketException e)
        {
            return e.SocketErrorCode == System.Net.Sockets.SocketError.ConnectionReset;
        }
    }

    private sealed class Through(string folder) : ISessionFactory
    {
        public async Task<ISyncSession> OpenAsync(string directory, SyncOptions options, bool alone, CancellationToken cancellationToken) =>
            await HandedOverSession.TryOpenAsync(folder, options.Time, cancellationToken) ?? throw new DeviceException(DeviceProblem.InUse, "Nobody listens.");
    }

    private sealed class Seen(List<ContentProgress> seen) : IProgress<ContentProgress>
    {
        public void Report(ContentProgress value) => seen.Add(value);
    }

    private sealed class BrokenStream : MemoryStream
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => throw new IOException("planted");
    }
}
