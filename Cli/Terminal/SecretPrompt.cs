namespace ZeroK.Cli.Terminal;

/// <summary>Reads a secret from the terminal without echo.</summary>
internal static class SecretPrompt
{
    private const int CharsMax = 8192;

    /// <summary>Asks on standard error; the caller wipes what it gets.</summary>
    public static char[] Read(string prompt)
    {
        Console.Error.Write(prompt);
        var buffer = new char[CharsMax];
        try
        {
            var length = 0;
            while (true)
            {
                var key = InputWait.For(() => Console.ReadKey(intercept: true));
                if (key.Key == ConsoleKey.Enter) break;
                if (key.Key == ConsoleKey.Backspace) length = Math.Max(0, length - 1);
                else if (key.KeyChar == '\u0015') length = 0;
                else if (!char.IsControl(key.KeyChar) && length < CharsMax) buffer[length++] = key.KeyChar;
            }

            return buffer[..length];
        }
        finally
        {
            Array.Clear(buffer);
            Console.Error.WriteLine();
        }
    }
}
