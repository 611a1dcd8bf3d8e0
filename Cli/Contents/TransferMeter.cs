using ZeroK.Cli.Terminal;
using ZeroK.Client;

namespace ZeroK.Cli.Contents;

/// <summary>Shows how far a transfer is, and counts what moved.</summary>
internal sealed class TransferMeter : IProgress<ContentProgress>, IDisposable
{
    // Bars are in thousandths: their total is known only when the transfer says it.
    private const int Steps = 1000;

    private readonly ProgressBars _bars;
    private readonly Lock _gate = new();
    private int _sealed, _moving;

    public TransferMeter(Output output, string? first, string second) => (_bars, HasFirst) = (ProgressBars.Start(output, first ?? second, first is null ? null : second, Steps), first is not null);

    private bool HasFirst { get; }

    /// <summary>Bytes that moved over the network.</summary>
    public long Moved { get; private set; }

    /// <summary>Changes while something happens.</summary>
    public long Ticks { get; private set; }

    public void Report(ContentProgress value)
    {
        lock (_gate)
        {
            Ticks++;
            var step = value.Total == 0 ? Steps : (int)(value.Done * Steps / value.Total);
            if (value.Phase == ContentPhase.Sealing)
            {
                if (HasFirst && step > _sealed) _bars.First(step - _sealed);
                _sealed = step;
                return;
            }

            Moved = value.Moved;
            if (step > _moving && HasFirst) _bars.Second(step - _moving);
            if (step > _moving && !HasFirst) _bars.First(step - _moving);
            _moving = step;
        }
    }

    public void Dispose() => _bars.Dispose();
}
