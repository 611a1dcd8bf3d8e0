namespace ZeroK.Storage.Content;

/// <summary>One at a time for a key, in the order of the calls; different keys side by side. Holds nothing for a key that nobody uses.</summary>
internal sealed class KeyedGate<TKey> where TKey : notnull
{
    private readonly Dictionary<TKey, Place> _places = [];

    /// <summary>Waits for its turn; dispose what it returns to let the next one in.</summary>
    public async ValueTask<IDisposable> EnterAsync(TKey key, CancellationToken cancellationToken)
    {
        Place place;
        lock (_places)
        {
            if (!_places.TryGetValue(key, out place!)) _places[key] = place = new Place(this, key);
            place.Users++;
        }

        try
        {
            await place.Turn.WaitAsync(cancellationToken).ConfigureAwait(false);
            return place;
        }
        catch
        {
            Leave(place);
            throw;
        }
    }

    private void Leave(Place place)
    {
        lock (_places)
        {
            if (--place.Users > 0) return;
            _places.Remove(place.Key);
        }

        place.Turn.Dispose();
    }

    private sealed class Place(KeyedGate<TKey> gate, TKey key) : IDisposable
    {
        public TKey Key => key;

        public SemaphoreSlim Turn { get; } = new(1);

        public int Users { get; set; }

        public void Dispose()
        {
            Turn.Release();
            gate.Leave(this);
        }
    }
}
