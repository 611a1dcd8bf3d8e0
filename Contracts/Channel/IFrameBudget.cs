namespace ZeroK.Channel;

/// <summary>Counts what begun frames hold before they are whole, over as many channels as share it.</summary>
public interface IFrameBudget
{
    /// <summary>Takes bytes; false if there is no room, and nothing is taken.</summary>
    bool TryTake(long bytes);

    /// <summary>Takes bytes, and waits for room where there is none.</summary>
    /// <exception cref="OperationCanceledException">There was none in time; nothing is taken.</exception>
    ValueTask TakeAsync(long bytes, CancellationToken cancellationToken);

    /// <summary>Takes the few bytes that a small frame needs: counted, and never refused.</summary>
    void Take(long bytes);

    /// <summary>Gives bytes back.</summary>
    void Give(long bytes);
}
