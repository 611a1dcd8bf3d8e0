using System.Text;
using ZeroK.Wire;

namespace ZeroK.Cli.Terminal;

/// <summary>Error codes as the protocol's documents write them: UNKNOWN_GROUP.</summary>
internal static class ErrorName
{
    public static string Of(ErrorCode code)
    {
        var name = code.ToString();
        var text = new StringBuilder(name.Length + 4);
        for (var i = 0; i < name.Length; i++)
        {
            if (i > 0 && char.IsUpper(name[i])) text.Append('_');
            text.Append(char.ToUpperInvariant(name[i]));
        }

        return text.ToString();
    }
}
