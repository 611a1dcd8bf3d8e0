// An app with a database of its own: what other devices push becomes rows, each exactly once, and each line typed here becomes a row and a push that are one, also when the app is killed at any moment.
// The device's directory is one that `zerok init` and `zerok group join` made:
//     dotnet run --project samples/OwnDatabase -- DEVICE_DIRECTORY notes.db
using System.Data.Common;
using System.Globalization;
using System.Text;
using Microsoft.Data.Sqlite;
using ZeroK.Client;

if (args.Length != 2)
{
    Console.Error.WriteLine("Usage: zerok-own-database DEVICE_DIRECTORY DATABASE_FILE");
    return 2;
}

using var device = Device.Open(args[0]);
await using var client = await SyncClient.StartAsync(device);
await using var database = new SqliteConnection($"Data Source={args[1]};Pooling=False");
await database.OpenAsync();
await using var writing = new SqliteConnection($"Data Source={args[1]};Pooling=False");
await using var sending = new SqliteConnection($"Data Source={args[1]};Pooling=False");
await writing.OpenAsync();
await sending.OpenAsync();
await using (var setUp = database.CreateCommand())
{
    setUp.CommandText = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE IF NOT EXISTS note (number INTEGER PRIMARY KEY AUTOINCREMENT, sender TEXT NOT NULL, sequence INTEGER NOT NULL, text TEXT NOT NULL); CREATE TABLE IF NOT EXISTS own (number INTEGER PRIMARY KEY AUTOINCREMENT, text TEXT NOT NULL);";
    await setUp.ExecuteNonQueryAsync();
}

await SyncClient.PrepareOutboxAsync(writing);
foreach (var connection in (SqliteConnection[])[writing, sending])
{
    await using var settings = connection.CreateCommand();
    settings.CommandText = "PRAGMA synchronous=FULL";
    await settings.ExecuteNonQueryAsync();
}

using var ending = new CancellationTokenSource();
Console.CancelKeyPress += (_, e) =>
{
    e.Cancel = true;
    ending.Cancel();
};
Console.WriteLine("Taking notes. Ctrl+C ends.");
try
{
    // The rows and the mark that says "applied" are one transaction of this database. Killed between any two steps, the app goes on after the last row.
    // So are a row of the app and its push; from there they go out, each once.
    await Task.WhenAll(client.ApplyAsync(database, TakeAsync, cancellationToken: ending.Token), client.RunOutboxAsync(sending, ending.Token), Task.Run(() => WriteAsync(client, writing, ending.Token)));
}
catch (OperationCanceledException)
{
    Console.WriteLine("Bye.");
}

return 0;

static async ValueTask TakeAsync(ReceivedBlob blob, DbTransaction transaction, CancellationToken cancellationToken)
{
    await using var insert = transaction.Connection!.CreateCommand();
    insert.Transaction = transaction;
    insert.CommandText = "INSERT INTO note (sender, sequence, text) VALUES (@sender, @sequence, @text)";
    Add(insert, "@sender", blob.Sender.Reveal());
    Add(insert, "@sequence", (long)blob.Sequence);
    Add(insert, "@text", Encoding.UTF8.GetString(blob.Payload.Span));
    await insert.ExecuteNonQueryAsync(cancellationToken);
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{blob.Sequence} taken"));
}

static async Task WriteAsync(SyncClient client, SqliteConnection database, CancellationToken cancellationToken)
{
    while (await Console.In.ReadLineAsync(cancellationToken) is { } text)
    {
        await using var transaction = await database.BeginTransactionAsync(cancellationToken);
        await using var insert = database.CreateCommand();
        insert.Transaction = (SqliteTransaction)transaction;
        insert.CommandText = "INSERT INTO own (text) VALUES (@text)";
        Add(insert, "@text", text);
        await insert.ExecuteNonQueryAsync(cancellationToken);
        await client.PushAsync(Encoding.UTF8.GetBytes(text), label: null, transaction, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        Console.WriteLine($"{text} written");
    }
}

static void Add(DbCommand command, string name, object value)
{
    var parameter = command.CreateParameter();
    (parameter.ParameterName, parameter.Value) = (name, value);
    command.Parameters.Add(parameter);
}
