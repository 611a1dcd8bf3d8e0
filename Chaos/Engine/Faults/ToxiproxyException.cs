using System.Net;

namespace ZeroK.Chaos.Faults;

/// <summary>The proxy's server refused a call.</summary>
public sealed class ToxiproxyException : Exception
{
    /// <summary>Makes one.</summary>
    public ToxiproxyException(HttpStatusCode status, string body) : base(FormattableString.Invariant($"{(int)status}: {body}")) => Status = status;

    /// <inheritdoc/>
    public ToxiproxyException() { }

    /// <inheritdoc/>
    public ToxiproxyException(string message) : base(message) { }

    /// <inheritdoc/>
    public ToxiproxyException(string message, Exception inner) : base(message, inner) { }

    /// <summary>The HTTP status.</summary>
    public HttpStatusCode Status { get; }
}
