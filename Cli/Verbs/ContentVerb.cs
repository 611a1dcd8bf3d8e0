using System.CommandLine;

namespace ZeroK.Cli.Verbs;

/// <summary><c>zerok content</c>: put, get, ls, rm, drop.</summary>
internal static class ContentVerb
{
    private static readonly Func<CliHost, Command>[] Parts = [ContentPutVerb.Create, ContentGetVerb.Create, ContentListVerb.Create, ContentRemoveVerb.Create, ContentDropVerb.Create];

    public static Command Create(CliHost host)
    {
        var verb = new Command("content", "Send and fetch contents of any size: photos, recordings, documents. Sealed here, checked piece by piece, and resumed after a stop.");
        foreach (var make in Parts) verb.Add(make(host));
        return verb;
    }
}
