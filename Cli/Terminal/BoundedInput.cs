namespace ZeroK.Cli.Terminal;

/// <summary>Reads a whole stream that may not be longer than a limit.</summary>
internal static class BoundedInput
{
    /// <summary>All bytes of the stream, which is closed.</summary>
    /// <exception cref="CliException">There are more than <paramref name="bytesMax"/>.</exception>
    public static byte[] Read(Stream stream, int bytesMax, string what)
    {
        using (stream)
        {
            using var bytes = new MemoryStream();
            var buffer = new byte[16 * 1024];
            int read;
            while ((read = stream.Read(buffer)) > 0)
            {
                if (bytes.Length + read > bytesMax)
                    throw new CliException(ExitCode.Usage, $"{what} has more than {bytesMax} bytes.");
                bytes.Write(buffer, 0, read);
            }

            return bytes.ToArray();
        }
    }
}
