using System.Text.Json.Nodes;

namespace ZeroK.Cli.Diagnosis;

/// <summary>How a check ended.</summary>
internal enum Verdict
{
    /// <summary>Not looked at, because of an earlier failure.</summary>
    Skipped = 0,
    /// <summary>As it should be.</summary>
    Ok,
    /// <summary>It works, but someone should know.</summary>
    Warning,
    /// <summary>It doesn't work.</summary>
    Failed,
}

/// <summary>One check of <c>zerok doctor</c>.</summary>
/// <param name="Check">Its name, stable, for programs: data-dir, device, group, state, relay…</param>
/// <param name="Verdict">How it ended.</param>
/// <param name="Found">What was found, for a person.</param>
/// <param name="WhatToDo">What to do; null if there is nothing to do.</param>
internal sealed record Finding(string Check, Verdict Verdict, string Found, string? WhatToDo = null)
{
    /// <summary>The relay that it is about; null if none.</summary>
    public string? Relay { get; init; }

    /// <summary>quic or tcp, where it is about one.</summary>
    public string? Transport { get; init; }

    public JsonObject ToJson() => new()
    {
        ["event"] = "check",
        ["check"] = Check,
        ["verdict"] = Terminal.SyncEventText.Kebab(Verdict.ToString()),
        ["found"] = Found,
        ["whatToDo"] = WhatToDo,
        ["relay"] = Relay,
        ["transport"] = Transport,
    };
}
