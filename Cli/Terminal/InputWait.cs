namespace ZeroK.Cli.Terminal;

/// <summary>Counts reads of standard input that can't be called back: a signal must not wait for the next key or the end of the input.</summary>
internal static class InputWait
{
    private static int _waiting;

    /// <summary>Whether the program waits for its input now.</summary>
    public static bool IsWaiting => Volatile.Read(ref _waiting) > 0;

    /// <summary>Reads.</summary>
    public static T For<T>(Func<T> read)
    {
        Interlocked.Increment(ref _waiting);
        try
        {
            return read();
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }
}
