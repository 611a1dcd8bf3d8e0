using ZeroK.Chaos.Scenarios;
using ZeroK.Noise;

namespace ZeroK.Chaos.Catalogue.Encryption;

/// <summary>Looks for secrets in what a person or a log could see.</summary>
internal static class Leaks
{
    // Six bytes by chance in a text of some kilobytes: once in a billion runs.
    private const int WindowBytes = 6;

    /// <summary>The X25519 key and the ML-KEM seed.</summary>
    public static IReadOnlyList<byte[]> SecretsOf(StaticIdentity identity)
    {
        var secret = new byte[StaticIdentity.SecretBytes];
        identity.ExportSecret(secret);
        return [secret[..32], secret[32..]];
    }

    /// <summary>Asserts that no part of a secret is in a text, as hex, as base64 or as it is.</summary>
    public static void None(ScenarioRun run, IReadOnlyList<byte[]> secrets, IEnumerable<string> texts)
    {
        var all = string.Join('\n', texts);
        var hex = all.Replace("-", "", StringComparison.Ordinal).ToUpperInvariant();
        foreach (var secret in secrets) run.That(!Shows(all, hex, secret), "a secret shows in an error, an event or a log line");
    }

    private static bool Shows(string all, string hex, byte[] secret)
    {
        for (var i = 0; i + WindowBytes <= secret.Length; i++)
        {
            var part = secret.AsSpan(i, WindowBytes);
            if (hex.Contains(Convert.ToHexString(part), StringComparison.Ordinal)) return true;
            if (all.Contains(Convert.ToBase64String(part), StringComparison.Ordinal)) return true;
            if (all.Contains(System.Text.Encoding.Latin1.GetString(part), StringComparison.Ordinal)) return true;
        }

        return false;
    }
}
