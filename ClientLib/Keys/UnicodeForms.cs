using System.Collections.Frozen;
using System.Globalization;
using System.Security.Cryptography;

namespace ZeroK.Client.Keys;

/// <summary>Unicode's canonical forms NFC and NFD (UAX #15), by a table of its own: <see cref="string.Normalize()"/> gives its text back unchanged where an app runs with invariant globalization, as this project's programs do.</summary>
internal static class UnicodeForms
{
    // No character becomes more than four by canonical decomposition.
    private const int GrowthMax = 4;
    private const int HangulBase = 0xAC00, LeadBase = 0x1100, VowelBase = 0x1161, TrailBase = 0x11A7, Leads = 19, Vowels = 21, Trails = 28;
    private static readonly Lazy<Table> Tables = new(Read);

    /// <summary>The composed form (NFC) or the decomposed one (NFD). The caller wipes it.</summary>
    /// <exception cref="ArgumentException">The text has half a surrogate pair.</exception>
    public static char[] Normalize(ReadOnlySpan<char> text, bool compose)
    {
        if (System.Text.Ascii.IsValid(text)) return text.ToArray();
        var points = new int[text.Length * GrowthMax];
        try
        {
            var count = Decompose(text, points);
            Order(points.AsSpan(0, count));
            if (compose) count = Compose(points.AsSpan(0, count));
            return Write(points.AsSpan(0, count));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(System.Runtime.InteropServices.MemoryMarshal.AsBytes(points.AsSpan()));
        }
    }

    private static int Decompose(ReadOnlySpan<char> text, int[] points)
    {
        var count = 0;
        while (!text.IsEmpty)
        {
            if (System.Text.Rune.DecodeFromUtf16(text, out var rune, out var used) != System.Buffers.OperationStatus.Done)
                throw new ArgumentException("The text has half a character (a surrogate without its pair): type it again.", nameof(text));
            Decompose(rune.Value, points, ref count);
            text = text[used..];
        }

        return count;
    }

    private static void Decompose(int point, int[] points, ref int count)
    {
        if (point - HangulBase is >= 0 and < Leads * Vowels * Trails and var syllable)
        {
            points[count++] = LeadBase + (syllable / (Vowels * Trails));
            points[count++] = VowelBase + (syllable % (Vowels * Trails) / Trails);
            if (syllable % Trails != 0) points[count++] = TrailBase + (syllable % Trails);
        }
        else if (Tables.Value.Parts.TryGetValue(point, out var parts))
        {
            Decompose(parts.First, points, ref count);
            if (parts.Second != 0) Decompose(parts.Second, points, ref count);
        }
        else
        {
            points[count++] = point;
        }
    }

    // Marks are ordered by their class, those of one class stay in order.
    private static void Order(Span<int> points)
    {
        for (var i = 1; i < points.Length; i++)
        {
            var (point, rank) = (points[i], ClassOf(points[i]));
            var at = i;
            for (; rank > 0 && at > 0 && ClassOf(points[at - 1]) > rank; at--) points[at] = points[at - 1];
            points[at] = point;
        }
    }

    private static int Compose(Span<int> points)
    {
        var (count, starter, last) = (0, -1, 0);
        foreach (var point in points)
        {
            var rank = ClassOf(point);
            var isNext = starter == count - 1;
            if (starter >= 0 && (isNext || (last < rank && last > 0)) && Pair(points[starter], point) is var whole and not 0)
            {
                points[starter] = whole;
                continue;
            }

            if (rank == 0) starter = count;
            last = rank;
            points[count++] = point;
        }

        return count;
    }

    private static int Pair(int first, int second)
    {
        if (first - LeadBase is >= 0 and < Leads and var lead && second - VowelBase is >= 0 and < Vowels and var vowel) return HangulBase + (((lead * Vowels) + vowel) * Trails);
        if (first - HangulBase is >= 0 and < Leads * Vowels * Trails and var syllable && syllable % Trails == 0 && second - TrailBase is > 0 and < Trails and var trail) return HangulBase + syllable + trail;
        return Tables.Value.Wholes.GetValueOrDefault((first, second));
    }

    private static int ClassOf(int point) => Tables.Value.Classes.GetValueOrDefault(point);

    private static char[] Write(ReadOnlySpan<int> points)
    {
        var length = 0;
        foreach (var point in points) length += point > char.MaxValue ? 2 : 1;
        var text = new char[length];
        var at = 0;
        foreach (var point in points) at += new System.Text.Rune(point).EncodeToUtf16(text.AsSpan(at));
        return text;
    }

    private static Table Read()
    {
        using var stream = typeof(UnicodeForms).Assembly.GetManifestResourceStream("unicode-forms.txt") ?? throw new InvalidOperationException("The library was built without its table of Unicode forms.");
        using var reader = new StreamReader(stream);
        var parts = new Dictionary<int, (int, int)>();
        var wholes = new Dictionary<(int, int), int>();
        var classes = new Dictionary<int, int>();
        while (reader.ReadLine() is { } line)
        {
            var field = line.Split(' ');
            if (field[0] is "D" or "X") parts[Hex(field[1])] = (Hex(field[2]), field.Length > 3 ? Hex(field[3]) : 0);
            if (field[0] == "D") wholes[(Hex(field[2]), Hex(field[3]))] = Hex(field[1]);
            if (field[0] != "C") continue;
            for (var point = Hex(field[1]); point <= Hex(field[2]); point++) classes[point] = int.Parse(field[3], CultureInfo.InvariantCulture);
        }

        return new Table(parts.ToFrozenDictionary(), wholes.ToFrozenDictionary(), classes.ToFrozenDictionary());
    }

    private static int Hex(string digits) => int.Parse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);

    private sealed record Table(FrozenDictionary<int, (int First, int Second)> Parts, FrozenDictionary<(int, int), int> Wholes, FrozenDictionary<int, int> Classes);
}
