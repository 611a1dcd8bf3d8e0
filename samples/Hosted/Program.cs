// A hosted app that is in two groups, "home" and "work": each has a device, a key in the container, and a handler of its own.
// Start a relay first; it prints its address:
//     dotnet run --project Cli -c Release -- relay
//     dotnet run --project samples/Hosted -- zerok-relay://127.0.0.1:4840/...
// scripts/aot-check compiles it ahead of time (NativeAOT).
using System.Text;
using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using ZeroK.Client;

if (args.Length != 1 || !RelayAddress.TryParse(args[0], out var relay, out _))
{
    Console.Error.WriteLine("Usage: Hosted zerok-relay://host:port/fingerprint");
    return 2;
}

var root = Directory.CreateTempSubdirectory("zerok-sample-").FullName;
using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60), TimeProvider.System);
try
{
    var builder = Host.CreateApplicationBuilder();
    builder.Logging.SetMinimumLevel(LogLevel.Warning);
    builder.Services.AddSingleton(Channel.CreateUnbounded<string>());
    foreach (var name in new[] { "home", "work" })
    {
        builder.Services.AddZeroK(name, options =>
        {
            options.Directory = Path.Combine(root, name);
            options.DeviceName = "server";
            options.SetUpGroup = (device, _) =>
            {
                using var secret = GroupSecret.Random();
                device.CreateGroup(secret, [relay]);
                return ValueTask.CompletedTask;
            };
        });
    }

    builder.Services.AddZeroKHandler<HomeNotes>("home");
    builder.Services.AddZeroKHandler<WorkNotes>("work");

    using var app = builder.Build();
    await app.StartAsync(patience.Token);

    // Another device of each group pushes one note.
    foreach (var name in new[] { "home", "work" })
    {
        using var phone = Device.Init(Path.Combine(root, "phone-" + name), "phone");
        using (var invite = app.Services.GetRequiredKeyedService<ZeroKHost>(name).Device.CreateInvite()) phone.JoinGroup(invite);
        await using var writer = await SyncClient.StartAsync(phone);
        await writer.PushAsync(Encoding.UTF8.GetBytes($"a note for {name}"), label: "note", cancellationToken: patience.Token);
        await writer.FlushAsync(patience.Token);
    }

    var taken = app.Services.GetRequiredService<Channel<string>>().Reader;
    string[] notes = [await taken.ReadAsync(patience.Token), await taken.ReadAsync(patience.Token)];
    foreach (var note in notes.Order(StringComparer.Ordinal)) Console.WriteLine(note);
    await app.StopAsync(patience.Token);
    return 0;
}
finally
{
    Directory.Delete(root, recursive: true);
}

/// <summary>Takes what arrives in the group "home".</summary>
internal sealed class HomeNotes(Channel<string> notes) : IBlobHandler
{
    public ValueTask HandleAsync(ReceivedBlob blob, CancellationToken cancellationToken) =>
        notes.Writer.WriteAsync($"home took: {Encoding.UTF8.GetString(blob.Payload.Span)}", cancellationToken);
}

/// <summary>Takes what arrives in the group "work".</summary>
internal sealed class WorkNotes(Channel<string> notes) : IBlobHandler
{
    public ValueTask HandleAsync(ReceivedBlob blob, CancellationToken cancellationToken) =>
        notes.Writer.WriteAsync($"work took: {Encoding.UTF8.GetString(blob.Payload.Span)}", cancellationToken);
}
