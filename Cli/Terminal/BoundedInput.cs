using System.Security.Cryptography;

namespace ZeroK.Cli.Terminal;

/// <summary>Reads a whole stream that may not be longer than a limit.</summary>
internal static class BoundedInput
{
    private const int FirstBytes = 16 * 1024;

    /// <summary>All bytes of the stream, which is closed.</summary>
    /// <exception cref="CliException">There are more than <paramref name="bytesMax"/>.</exception>
    public static byte[] Read(Stream stream, int bytesMax, string what)
    {
        using (stream)
        {
            // It may be a secret: no copy of it stays behind, so what is outgrown is wiped.
            var bytes = new byte[Math.Min(bytesMax, FirstBytes) + 1];
            var length = 0;
            try
            {
                while (Part(stream, bytes, length) is var read and > 0)
                {
                    length += read;
                    if (length > bytesMax) throw new CliException(ExitCode.Usage, $"{what} has more than {bytesMax} bytes.");
                    if (length < bytes.Length) continue;
                    var larger = new byte[Math.Min(bytesMax, length * 2) + 1];
                    bytes.CopyTo(larger, 0);
                    CryptographicOperations.ZeroMemory(bytes);
                    bytes = larger;
                }

                return bytes[..length];
            }
            finally
            {
                CryptographicOperations.ZeroMemory(bytes);
            }
        }
    }

    private static int Part(Stream stream, byte[] bytes, int from) => InputWait.For(() => stream.Read(bytes.AsSpan(from)));
}
