using System.CommandLine;

namespace ZeroK.Cli.Verbs;

/// <summary>All verbs, in the order of the help. One more verb is one file and one row.</summary>
internal static class VerbList
{
    public static readonly Func<CliHost, Command>[] All =
    [
        InitVerb.Create,
        GroupVerb.Create,
        InviteVerb.Create,
        PushVerb.Create,
        PullVerb.Create,
        WatchVerb.Create,
        OutboxVerb.Create,
        UndecryptableVerb.Create,
        DeleteVerb.Create,
        ContentVerb.Create,
        StatusVerb.Create,
        DoctorVerb.Create,
        DevicesVerb.Create,
        SessionVerb.Create,
        RelayVerb.Create,
        ServiceVerb.Create,
        DemoVerb.Create,
        CompletionVerb.Create,
        ManVerb.Create,
    ];
}
