using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging;
using Xunit;

namespace ZeroK.Architecture.Tests;

/// <summary>What could be logged or turned into text shows no secret, key, name, label or payload. A record's own ToString prints its members, so a record with text in it hides them, or stands in the table with the reason why it may not.</summary>
public sealed partial class RedactionTests
{
    // Text that a record may print: our own sentences, and what an operator has written into the start command. Nothing of users, no credential.
    private static readonly HashSet<string> MayBePrinted =
    [
        // Why something failed and what to do: our own words, or the system's about a transport.
        "DialFailure.Reason", "MissingMember.Why", "RelayProbeResult.WhyNotQuic", "RelayProbeResult.Error", "RelayStatus.WhyNotQuic", "RelayStatus.LastError", "RelayStatus.Problem",
        "Disconnected.Reason", "Refused.WhatToDo", "PushRefused.WhatToDo", "ChainBroken.What", "RelayMisbehaved.What", "Dialed.WhyNotQuic", "Moved.WhyNotQuic", "Failed.Reason",
        "Finding.Check", "Finding.Found", "Finding.WhatToDo", "Finding.Relay", "Finding.Transport",

        // What a relay says in BYE and ERROR: at most 1,024 bytes of its words.
        "Bye.Reason", "ErrorMessage.Text",

        // Where a relay listens and keeps its files.
        "Welcome.Hint", "HelloReply.Elsewhere", "GatewayOptions.Listen", "GatewayOptions.ProxyProtocolFrom", "RelaySettings.DataDirectory", "RelaySettings.HttpListen", "RelaySettings.PublicHost", "SqliteStoreOptions.DataDirectory",

        // Constants of the code and of stores: a protocol's name, a table's name, an ETag.
        "NoisePattern.Name", "RelayTable.Name", "Found.Version",
    ];

    // Types whose hand-written text is not a constant, each with its reason.
    private static readonly Dictionary<string, string> ToStringThatVaries = new()
    {
        ["ClientLib/SyncStatus.cs"] = "one line for a log: states, numbers and codes, no name, id or address",
        ["ClientLib/RelayAddress.cs"] = "the address line is made to be shown: it is what people give each other",
        ["Contracts/Transport/RelayEndpoint.cs"] = "host and port of a dialer's target, which its own user typed",
        ["Contracts/Wire/Ids/Cursor.cs"] = "a number",
    };

    private static readonly string[] TagNames = ["transport", "blobs", "code", "result", "type", "direction", "fault", "reason"];

    private static readonly string[] ShippedFolders = ["Contracts/", "ClientLib/", "Grains/", "Silo/", "Cli/"];

    [Fact]
    public void A_record_prints_no_text_that_is_not_in_the_table()
    {
        var printed = ShippedTypes().SelectMany(PrintedTexts).ToHashSet();
        Assert.Empty(printed.Except(MayBePrinted).Order());
        Assert.Empty(MayBePrinted.Except(printed).Order());
    }

    [Fact]
    public void The_search_finds_a_record_that_shows_a_secret_and_passes_one_that_hides_it()
    {
        Assert.Equal(["Leaky.Passphrase"], PrintedTexts(typeof(Leaky)));
        Assert.Equal(["LeakyStruct.Label"], PrintedTexts(typeof(LeakyStruct)));
        Assert.Empty(PrintedTexts(typeof(Hidden)));
        Assert.Contains("hunter2", new Leaky("hunter2").ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", new Hidden("hunter2").ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_hand_written_text_is_a_constant_but_for_the_ones_in_the_table()
    {
        var varying = Sources().Where(f => HandWritten().Matches(File.ReadAllText(Path.Combine(Solution.Root, f))).Any(m => !Constant().IsMatch(m.Value))).ToList();
        Assert.Equal(ToStringThatVaries.Keys.Order(), varying.Order());
    }

    // Text reaches a log only as the name of an exception's type, its stack (no message), the name of an event, why the system lacks a transport, or a store's failure, whose message is of our own words and passes none of the system's on.
    [Fact]
    public void Log_messages_take_numbers_and_names_of_types_only()
    {
        string[] texts = ["happened", "exceptionType", "fault", "stack", "why"];
        string[] ofStores = ["ContentService.LogFailed(reason)", "ContentSweeper.LogSweepFailed(reason)", "BodySweeper.LogSweepFailed(reason)"];

        // A limit's words and its setting's name are constants; the machine's own name stands in the ready line beside it.
        string[] ofTheRelay = ["Door.LogReached(setting)", "Door.LogReached(what)", "RelayHost.LogPublicHost(host)"];
        var methods = ShippedTypes()
            .SelectMany(t => t.GetMethods(BindingFlags.Static | BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
            .Where(m => m.GetCustomAttribute<LoggerMessageAttribute>() is not null).ToList();
        Assert.NotEmpty(methods);
        var wrong = methods
            .SelectMany(m => m.GetParameters().Where(p => !IsHarmless(p.ParameterType) && !(p.ParameterType == typeof(string) && texts.Contains(p.Name))).Select(p => $"{m.DeclaringType!.Name}.{m.Name}({p.Name})"))
            .Order().ToList();
        Assert.Equal(ofStores.Concat(ofTheRelay).Order(), wrong);
    }

    [Fact]
    public void Tags_of_metrics_and_activities_are_of_the_closed_list()
    {
        var names = Sources().SelectMany(f => Tag().Matches(File.ReadAllText(Path.Combine(Solution.Root, f)))).Select(m => m.Groups[1].Value).ToHashSet();
        Assert.NotEmpty(names);
        Assert.Empty(names.Except(TagNames));
    }

    [Fact]
    public void No_message_of_an_exception_is_made_of_a_secret()
    {
        Assert.Matches(SecretInMessage(), "throw new ArgumentException($\"{passphrase} is too short\");");
        Assert.DoesNotMatch(SecretInMessage(), "throw new ArgumentException($\"it has {passphrase.Length} characters\");");
        var wrong = Sources()
            .SelectMany(f => File.ReadLines(Path.Combine(Solution.Root, f)).Where(l => SecretInMessage().IsMatch(l)).Select(l => $"{f}: {l.Trim()}"))
            .ToList();
        Assert.Empty(wrong);
    }

    private static IEnumerable<string> Sources() => Solution.SourceFiles().Where(f => ShippedFolders.Any(s => f.StartsWith(s, StringComparison.Ordinal)));

    private static List<Type> ShippedTypes() => [.. Directory
        .EnumerateFiles(AppContext.BaseDirectory, "*.dll")
        .Where(f => Path.GetFileName(f) is var name && name.StartsWith("zerok", StringComparison.OrdinalIgnoreCase) && !name.Contains(".Tests", StringComparison.Ordinal))
        .SelectMany(f => Assembly.LoadFrom(f).GetTypes())];

    // What the compiler's ToString of a record shows: its public properties that are text.
    private static IEnumerable<string> PrintedTexts(Type type)
    {
        var written = type.GetMethod(nameof(ToString), BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly, Type.EmptyTypes);
        return written?.GetCustomAttribute<CompilerGeneratedAttribute>() is null
            ? []
            : type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => p.PropertyType == typeof(string) || p.PropertyType == typeof(Uri) || p.PropertyType == typeof(object)).Select(p => $"{type.Name}.{p.Name}");
    }

    private static bool IsHarmless(Type type) =>
        type.IsPrimitive || type.IsEnum || type == typeof(TimeSpan) || typeof(ILogger).IsAssignableFrom(type) || typeof(Exception).IsAssignableFrom(type);

    [GeneratedRegex("public override string ToString\\(\\)[^;]*;")]
    private static partial Regex HandWritten();

    [GeneratedRegex("=> \"[^\"{]*\";$")]
    private static partial Regex Constant();

    [GeneratedRegex("(?:SetTag\\(|KeyValuePair<string, object\\?>\\()\"([^\"]+)\"")]
    private static partial Regex Tag();

    [GeneratedRegex("Exception\\(.*\\$\".*\\{(?!nameof)[^{}]*\\b(?:secret|passphrase|password|payload|seed|privateKey|connectionString|plaintext)\\b(?!\\.Length)", RegexOptions.IgnoreCase)]
    private static partial Regex SecretInMessage();

    private sealed record Leaky(string Passphrase);

    private readonly record struct LeakyStruct(string Label);

    private sealed record Hidden(string Passphrase)
    {
        public override string ToString() => "[hidden]";
    }
}
