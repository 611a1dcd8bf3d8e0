using MessagePack;

namespace ZeroK.Wire;

/// <summary>0xFF ERROR, the reply to a request that was refused; with request id 0, about the session.</summary>
/// <param name="Code">What was wrong.</param>
/// <param name="RetryAfterMs">When to try again, milliseconds; 0: see the code.</param>
/// <param name="Text">For a person: what was wrong and what to do; at most 1,024 bytes. Never an id or content.</param>
public sealed record ErrorMessage(ErrorCode Code, uint RetryAfterMs, string Text) : WireMessage
{
    /// <inheritdoc/>
    public override MessageType Type => MessageType.Error;

    internal override void WriteBody(ref MessagePackWriter writer) => throw new NotImplementedException();
}
