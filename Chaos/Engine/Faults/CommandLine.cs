using System.Diagnostics;

namespace ZeroK.Chaos.Faults;

/// <summary>A program and its arguments, as they are handed to the system: no shell is between, so nothing needs quoting.</summary>
/// <param name="Program">A name on the PATH, or a path.</param>
/// <param name="Arguments">In order.</param>
public sealed record CommandLine(string Program, IReadOnlyList<string> Arguments)
{
    private const int ErrorCharsMax = 2000;

    /// <summary>As a person would type it into a POSIX shell.</summary>
    public override string ToString() => string.Join(' ', Arguments.Prepend(Program).Select(Quote));

    /// <summary>Runs it to its end and returns what it printed.</summary>
    /// <exception cref="CommandFailedException">It can't be started, or ended with another code than 0; the message has what it said.</exception>
    public async Task<string> RunAsync(CancellationToken cancellationToken)
    {
        using var process = new Process { StartInfo = new ProcessStartInfo(Program, Arguments) { RedirectStandardOutput = true, RedirectStandardError = true } };
        try
        {
            process.Start();
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new CommandFailedException($"{Program} can't be started: {e.Message}", e);
        }

        var (output, error) = (process.StandardOutput.ReadToEndAsync(cancellationToken), process.StandardError.ReadToEndAsync(cancellationToken));
        try
        {
            await process.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
            await Task.WhenAll(output, error).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }

        if (process.ExitCode == 0) return await output.ConfigureAwait(false);
        var said = (await error.ConfigureAwait(false)).Trim();
        throw new CommandFailedException(FormattableString.Invariant($"{this} ended with {process.ExitCode}: {said[..Math.Min(said.Length, ErrorCharsMax)]}"));
    }

    private static string Quote(string argument) =>
        argument.Length > 0 && argument.All(c => char.IsAsciiLetterOrDigit(c) || "-_./:=,@%+".Contains(c, StringComparison.Ordinal))
            ? argument
            : $"'{argument.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}

/// <summary>A command could not be carried out.</summary>
public sealed class CommandFailedException : Exception
{
    /// <inheritdoc/>
    public CommandFailedException() { }

    /// <inheritdoc/>
    public CommandFailedException(string message) : base(message) { }

    /// <inheritdoc/>
    public CommandFailedException(string message, Exception inner) : base(message, inner) { }
}
