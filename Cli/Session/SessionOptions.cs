namespace ZeroK.Cli.Session;

/// <summary>How a driven session behaves.</summary>
/// <param name="WithPayload">Put received bytes into the lines.</param>
/// <param name="Hold">Acknowledge only on command.</param>
/// <param name="Time">The clock.</param>
internal sealed record SessionOptions(bool WithPayload, bool Hold, TimeProvider Time);
