using System.CommandLine;

namespace ZeroK.Cli.Verbs;

/// <summary><c>zerok group</c>: create, join, invite, relays, leave.</summary>
internal static class GroupVerb
{
    private static readonly Func<CliHost, Command>[] Parts = [GroupCreateVerb.Create, GroupJoinVerb.Create, InviteVerb.Create, GroupRelaysVerb.Create, GroupLeaveVerb.Create];

    public static Command Create(CliHost host)
    {
        var verb = new Command("group", "Start a group, join one, invite into it, change its relays, leave it. A group is the devices that share blobs; knowing its secret is membership.");
        foreach (var make in Parts) verb.Add(make(host));
        return verb;
    }
}
