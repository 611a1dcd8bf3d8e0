using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Net;
using Xunit;

namespace ZeroK.Relay.Tests;

/// <summary>Who must not be named in a log line, in every form that a program might print: ids, pseudonyms and addresses.</summary>
internal sealed class Names
{
    private readonly ConcurrentDictionary<string, string> _forms = new();

    /// <summary>Bytes of an id, a key or a hash.</summary>
    public void Add(string what, ReadOnlySpan<byte> id)
    {
        foreach (var form in (string[])[Convert.ToHexString(id), Convert.ToHexString(id[..8]), Convert.ToBase64String(id).TrimEnd('='), Base64Url.EncodeToString(id)]) _forms[form] = what;
    }

    /// <summary>A group's pseudonym.</summary>
    public void Add(string what, Guid pseudonym)
    {
        Add(what, pseudonym.ToByteArray());
        foreach (var form in (string[])["D", "N"]) _forms[pseudonym.ToString(form)] = what;
    }

    /// <summary>A peer's address.</summary>
    public void Add(string what, IPAddress address) => _forms[address.ToString()] = what;

    /// <summary>Fails on the first line that names one of them.</summary>
    public void AssertNoneIn(IEnumerable<string> lines)
    {
        foreach (var line in lines)
        {
            foreach (var (form, what) in _forms) Assert.False(line.Contains(form, StringComparison.OrdinalIgnoreCase), $"A log line names {what}: {line}");
        }
    }
}
