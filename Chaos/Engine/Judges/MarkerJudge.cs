using System.Security.Cryptography;
using System.Text;

namespace ZeroK.Chaos.Judges;

/// <summary>Bytes in which no plaintext may be: a log, a store's file, captured traffic.</summary>
/// <param name="Name">Where they are from.</param>
/// <param name="Bytes">The bytes.</param>
public sealed record ByteSource(string Name, ReadOnlyMemory<byte> Bytes);

/// <summary>Looks for a run's own random markers where the relay could have seen or kept them: plain, UTF-16, hex and base64, at every alignment.</summary>
public static class MarkerJudge
{
    private const string Name = "no plaintext where the relay can see it";

    /// <summary>Bytes of a marker: long enough that it is nowhere by chance.</summary>
    public const int MarkerBytes = 15;

    /// <summary>A fresh marker, as text that survives in file names.</summary>
    public static string NewMarker() => "mk" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(MarkerBytes - 2));

    /// <summary>Searches.</summary>
    /// <param name="markers">What must not be found: payload markers, labels, group ids.</param>
    /// <param name="sources">Where to look. None, or only empty ones, is not evaluated.</param>
    public static Verdict Decide(IReadOnlyCollection<ReadOnlyMemory<byte>> markers, IReadOnlyCollection<ByteSource> sources)
    {
        ArgumentNullException.ThrowIfNull(markers);
        ArgumentNullException.ThrowIfNull(sources);
        var check = new Checklist(Name);
        var patterns = markers.SelectMany(Patterns).ToList();
        foreach (var source in sources.Where(s => s.Bytes.Length > 0))
        {
            foreach (var (form, pattern) in patterns)
            {
                var at = source.Bytes.Span.IndexOf(pattern);
                check.That(at < 0, FormattableString.Invariant($"a marker is in {source.Name} at byte {at}, as {form}"));
            }
        }

        return check.Verdict;
    }

    /// <summary>The forms in which a marker could show.</summary>
    internal static IEnumerable<(string Form, byte[] Pattern)> Patterns(ReadOnlyMemory<byte> marker)
    {
        yield return ("plain", marker.ToArray());
        yield return ("UTF-16", Encoding.Unicode.GetBytes(Encoding.Latin1.GetString(marker.Span)));
        yield return ("hex", Encoding.ASCII.GetBytes(Convert.ToHexString(marker.Span)));
        yield return ("lower-case hex", Encoding.ASCII.GetBytes(Convert.ToHexStringLower(marker.Span)));

        // What comes before the marker shifts base64 by 0 to 2 bytes: keep the characters that depend on the marker alone.
        for (var shift = 0; shift < 3; shift++)
        {
            var text = Convert.ToBase64String([.. new byte[shift], .. marker.Span]);
            var first = (shift * 4 + 2) / 3;
            var last = (shift + marker.Length) * 4 / 3;
            var inner = text[first..last];
            yield return (FormattableString.Invariant($"base64 (shift {shift})"), Encoding.ASCII.GetBytes(inner));
            yield return (FormattableString.Invariant($"base64url (shift {shift})"), Encoding.ASCII.GetBytes(inner.Replace('+', '-').Replace('/', '_')));
        }
    }
}
