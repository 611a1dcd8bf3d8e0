namespace ZeroK.Wire;

/// <summary>Times as the wire and the stores have them: milliseconds since 1970-01-01T00:00:00Z, unsigned.</summary>
public static class UnixMs
{
    /// <summary>A time; one before 1970 is 0. (A clock that is not set yet may say 1969; cast without a look, it would be the end of all time, and everything older than it.)</summary>
    public static ulong Of(DateTimeOffset time) => (ulong)Math.Max(0, time.ToUnixTimeMilliseconds());

    /// <summary>What a clock says now.</summary>
    /// <exception cref="ArgumentNullException"><paramref name="clock"/> is null.</exception>
    public static ulong Now(TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(clock);
        return Of(clock.GetUtcNow());
    }
}
