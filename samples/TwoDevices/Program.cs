// Two devices of one group exchange a few notes through a relay that can't read them.
// Start a relay first; it prints its address:
//     dotnet run --project Cli -c Release -- relay
//     dotnet run --project samples/TwoDevices -- zerok-relay://127.0.0.1:4840/...
using System.Text;
using ZeroK.Client;

if (args.Length != 1 || !RelayAddress.TryParse(args[0], out var relay, out var problem))
{
    Console.Error.WriteLine("Usage: TwoDevices zerok-relay://host:port/fingerprint");
    return 2;
}

var root = Directory.CreateTempSubdirectory("zerok-sample-").FullName;
using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30), TimeProvider.System);
try
{
    // The laptop starts the group, with a random secret that only invites carry.
    using var laptop = Device.Init(Path.Combine(root, "laptop"), "laptop");
    using (var secret = GroupSecret.Random()) laptop.CreateGroup(secret, [relay]);

    // The phone joins with the invite's link: show it as a QR code, and treat it as a key.
    using var phone = Device.Init(Path.Combine(root, "phone"), "phone");
    using (var invite = laptop.CreateInvite()) phone.JoinGroup(invite);

    await using var writer = await SyncClient.StartAsync(laptop);
    await using var reader = await SyncClient.StartAsync(phone);

    // A push is in the durable outbox when it returns, also offline; flush waits for the relay.
    foreach (var note in new[] { "milk", "bread", "call Ada" })
        await writer.PushAsync(Encoding.UTF8.GetBytes(note), label: "note");
    await writer.FlushAsync(patience.Token);

    // Acknowledge when the app has it: then it never comes again, and the relay may forget it.
    var received = 0;
    await foreach (var blob in reader.ReceiveAsync(patience.Token))
    {
        Console.WriteLine($"{blob.Label} {blob.Sequence}: {Encoding.UTF8.GetString(blob.Payload.Span)}");
        await blob.AckAsync();
        if (++received == 3) break;
    }

    Console.WriteLine($"Over {reader.Status.Transport}. Same blobs on both: {writer.Status.Vector.Equals(reader.Status.Vector)}");
    return 0;
}
finally
{
    Directory.Delete(root, recursive: true);
}
