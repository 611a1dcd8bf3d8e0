namespace ZeroK.Chaos.Proxy;

/// <summary>In which ways a toxic may hurt. The contract suite checks that it hurts in no other.</summary>
[Flags]
public enum Harm
{
    /// <summary>In no way.</summary>
    None = 0,
    /// <summary>Pieces go out later.</summary>
    Delays = 1,
    /// <summary>Pieces are cut into smaller ones (streams).</summary>
    Splits = 2,
    /// <summary>Bytes or datagrams are missing.</summary>
    Drops = 4,
    /// <summary>Datagrams come more than once.</summary>
    Duplicates = 8,
    /// <summary>Datagrams come in another order.</summary>
    Reorders = 16,
    /// <summary>Bytes are changed.</summary>
    Corrupts = 32,
    /// <summary>The link ends early.</summary>
    Closes = 64,
    /// <summary>Pieces wait until the toxic is removed.</summary>
    Holds = 128,
}

/// <summary>A number that a toxic is set by.</summary>
/// <param name="Name">As in the JSON, with Toxiproxy's names where it has them.</param>
/// <param name="Default">The value where none is given.</param>
/// <param name="Min">The lowest allowed.</param>
/// <param name="Max">The highest allowed.</param>
public sealed record ToxicAttribute(string Name, double Default, double Min, double Max);

/// <summary>A type of toxic: one row of <see cref="Toxics.ToxicKinds.All"/>.</summary>
/// <param name="Type">Its name in the interface.</param>
/// <param name="OnStream">How it hurts a stream.</param>
/// <param name="OnDatagrams">How it hurts datagrams.</param>
/// <param name="Attributes">What it is set by.</param>
/// <param name="Create">Makes one for one direction of one link; gets a value for every attribute.</param>
public sealed record ToxicKind(string Type, Harm OnStream, Harm OnDatagrams, IReadOnlyList<ToxicAttribute> Attributes, Func<IReadOnlyDictionary<string, double>, Toxic> Create)
{
    /// <summary>How it hurts on a medium.</summary>
    public Harm HarmOn(Carrier carrier) => carrier == Carrier.Stream ? OnStream : OnDatagrams;

    /// <summary>Fills in defaults and checks ranges.</summary>
    /// <param name="given">What the caller set.</param>
    /// <param name="values">A value for every attribute.</param>
    /// <param name="problem">What is wrong, naming the attribute and its range.</param>
    public bool TryResolve(IReadOnlyDictionary<string, double> given, out Dictionary<string, double> values, out string? problem)
    {
        ArgumentNullException.ThrowIfNull(given);
        values = Attributes.ToDictionary(a => a.Name, a => a.Default);
        foreach (var (name, value) in given)
        {
            var rule = Attributes.FirstOrDefault(a => a.Name == name);
            if (rule is null)
            {
                problem = $"{Type} has no attribute '{name}'; it has: {string.Join(", ", Attributes.Select(a => a.Name))}";
                return false;
            }

            if (!(value >= rule.Min && value <= rule.Max))
            {
                problem = FormattableString.Invariant($"{Type}: {name} is {value}; allowed are {rule.Min} to {rule.Max}");
                return false;
            }

            values[name] = value;
        }

        problem = null;
        return true;
    }
}
