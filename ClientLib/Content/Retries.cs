using ZeroK.Client.Session;
using ZeroK.Wire;

namespace ZeroK.Client.Content;

/// <summary>How often a transfer tries again, and how long it waits: full jitter, as for connections. Progress starts the count anew.</summary>
internal sealed class Retries(SyncOptions options)
{
    /// <summary>Failures in a row, without a byte moved between them, that end a transfer.</summary>
    public const int Max = 6;

#pragma warning disable CA5394 // Spreads waits; no secret.
    private readonly Random _jitter = new(options.JitterSeed ?? System.Security.Cryptography.RandomNumberGenerator.GetInt32(int.MaxValue));
    private int _failures;

    /// <summary>Something moved.</summary>
    public void Progressed() => _failures = 0;

    /// <summary>Waits before another try; false when it is enough, or trying again can't help.</summary>
    public async Task<bool> AgainAsync(Exception why, CancellationToken cancellationToken)
    {
        if (!MayHelp(why) || ++_failures >= Max) return false;
        var delay = SessionMachine.FullJitter(_failures, options.BackoffFirst, options.BackoffMax, _jitter.NextDouble());
        var asked = TimeSpan.FromMilliseconds(Math.Min((why as ContentRefusedException)?.RetryAfterMs ?? 0, options.BackoffMax.TotalMilliseconds));
        await Task.Delay(delay > asked ? delay : asked, options.Time, cancellationToken).ConfigureAwait(false);
        return true;
    }
#pragma warning restore CA5394

    // A quota or a full disk is for a person to mend: better said at once than after many tries.
    private static bool MayHelp(Exception why) => why switch
    {
        ContentRefusedException refused => refused.Code != ErrorCode.GroupQuotaExceeded && ErrorCodes.RetryOf(refused.Code) != Retry.Never,
        ZeroK.Content.ContentException => false,
        IOException => true,
        _ => false,
    };
}
