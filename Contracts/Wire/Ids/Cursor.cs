using System.Globalization;

namespace ZeroK.Wire;

/// <summary>A place in a group's order: 1 for the first blob, strictly increasing, never given twice; 0 is before the first.</summary>
public readonly record struct Cursor(ulong Value) : IComparable<Cursor>
{
    /// <summary>Before the first blob.</summary>
    public static readonly Cursor Zero;

    /// <summary>The cursor after this one.</summary>
    public Cursor Next => new(checked(Value + 1));

    /// <inheritdoc/>
    public int CompareTo(Cursor other) => Value.CompareTo(other.Value);

    /// <summary>Decimal digits.</summary>
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);

    public static bool operator <(Cursor left, Cursor right) => left.Value < right.Value;
    public static bool operator >(Cursor left, Cursor right) => left.Value > right.Value;
    public static bool operator <=(Cursor left, Cursor right) => left.Value <= right.Value;
    public static bool operator >=(Cursor left, Cursor right) => left.Value >= right.Value;
}
