using System.Text;

namespace ZeroK.EndToEnd.Tests;

/// <summary>Looks for what the relay must never have: markers of plaintext, as bytes, hexadecimal and base64, in its files and its log.</summary>
internal sealed class Leaks
{
    private readonly List<(string What, byte[] Bytes)> _needles = [];

    /// <summary>Adds a marker and its usual disguises.</summary>
    public void Add(string what, byte[] marker)
    {
        _needles.Add((what, marker));
        _needles.Add((what + " in hex", Encoding.ASCII.GetBytes(Convert.ToHexStringLower(marker))));
        _needles.Add((what + " in HEX", Encoding.ASCII.GetBytes(Convert.ToHexString(marker))));

        // Base64 of a marker inside something longer depends on where it begins; what it surely holds, for each of the three.
        for (var shift = 0; shift < 3; shift++)
        {
            var text = Convert.ToBase64String([.. new byte[shift], .. marker]);
            var sure = text[(shift == 0 ? 0 : 4)..(text.Length - 4)];
            _needles.Add(($"{what} in base64", Encoding.ASCII.GetBytes(sure)));
            _needles.Add(($"{what} in base64url", Encoding.ASCII.GetBytes(sure.Replace('+', '-').Replace('/', '_'))));
        }
    }

    /// <summary>What was found where.</summary>
    public IReadOnlyList<string> FindIn(string directory, string log)
    {
        var places = Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories)
            .Select(f => (Name: Path.GetFileName(f), Bytes: File.ReadAllBytes(f)))
            .Append((Name: "the log", Bytes: Encoding.UTF8.GetBytes(log)))
            .ToList();
        if (places.Sum(p => (long)p.Bytes.Length) < 1_000_000) return ["nothing to search: the relay's files are nearly empty"];
        return [.. from place in places from needle in _needles where place.Bytes.AsSpan().IndexOf(needle.Bytes) >= 0 select $"{needle.What} in {place.Name}"];
    }
}
