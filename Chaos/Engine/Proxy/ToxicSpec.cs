namespace ZeroK.Chaos.Proxy;

/// <summary>A toxic as it was asked for. Immutable; an update makes a new one.</summary>
/// <param name="Name">Unique on its proxy.</param>
/// <param name="Kind">Its type.</param>
/// <param name="Stream">Which direction.</param>
/// <param name="Toxicity">The chance, 0 to 1, that it acts on a link; decided once a link.</param>
/// <param name="Attributes">A value for every attribute of the kind.</param>
public sealed record ToxicSpec(string Name, ToxicKind Kind, Direction Stream, double Toxicity, IReadOnlyDictionary<string, double> Attributes)
{
    /// <summary>Makes one from loose values.</summary>
    /// <exception cref="ProxyException">A value is not allowed; the message says which and why.</exception>
    public static ToxicSpec Create(string type, Direction stream, IReadOnlyDictionary<string, double>? attributes = null, string? name = null, double toxicity = 1)
    {
        var kind = Toxics.ToxicKinds.Find(type)
            ?? throw new ProxyException(ProxyProblem.Invalid, $"invalid toxic type: '{type}'; there are: {string.Join(", ", Toxics.ToxicKinds.All.Select(k => k.Type))}");
        if (!(toxicity is >= 0 and <= 1)) throw new ProxyException(ProxyProblem.Invalid, "toxicity is a probability, 0 to 1");
        if (!kind.TryResolve(attributes ?? new Dictionary<string, double>(), out var values, out var problem)) throw new ProxyException(ProxyProblem.Invalid, problem!);
        return new ToxicSpec(string.IsNullOrEmpty(name) ? $"{type}_{(stream == Direction.Upstream ? "upstream" : "downstream")}" : name, kind, stream, toxicity, values);
    }
}

/// <summary>What was wrong with a call to the proxy.</summary>
public enum ProxyProblem
{
    /// <summary>Not said.</summary>
    None = 0,
    /// <summary>A value is missing or not allowed.</summary>
    Invalid,
    /// <summary>No proxy of this name.</summary>
    NoProxy,
    /// <summary>No toxic of this name.</summary>
    NoToxic,
    /// <summary>The name is taken.</summary>
    Exists,
    /// <summary>The address can't be listened on.</summary>
    CannotListen,
}

/// <summary>A call to the proxy could not be carried out.</summary>
public sealed class ProxyException : Exception
{
    /// <summary>Makes one.</summary>
    public ProxyException(ProxyProblem problem, string message, Exception? inner = null) : base(message, inner) => Problem = problem;

    /// <inheritdoc/>
    public ProxyException() { }

    /// <inheritdoc/>
    public ProxyException(string message) : base(message) { }

    /// <inheritdoc/>
    public ProxyException(string message, Exception inner) : base(message, inner) { }

    /// <summary>What was wrong.</summary>
    public ProxyProblem Problem { get; }
}
