namespace ZeroK.Gateway;

/// <summary>What may be taken now, and when that was so. Filled by the time that passed.</summary>
/// <param name="At">A timestamp; <see cref="long.MinValue"/>: never looked at, and full.</param>
/// <param name="Tokens">What is left; below zero: owed.</param>
internal readonly record struct Bucket(long At, double Tokens)
{
    /// <summary>The bucket as it is now.</summary>
    public Bucket Filled(TimeProvider time, double perSecond, double most)
    {
        var now = time.GetTimestamp();
        return new Bucket(now, At == long.MinValue ? most : Math.Min(most, Tokens + time.GetElapsedTime(At, now).TotalSeconds * perSecond));
    }
}
