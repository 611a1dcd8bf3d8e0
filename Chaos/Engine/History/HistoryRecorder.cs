using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;

namespace ZeroK.Chaos.History;

/// <summary>Collects a run's history. All members may be called from many threads.</summary>
public sealed class HistoryRecorder(TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly long _startedAt = time.GetTimestamp();
    private readonly Dictionary<(string, ulong), PushCall> _pushes = [];
    private readonly HashSet<(string, ulong)> _inferred = [];
    private readonly Dictionary<(string Device, string Digest), long> _attempts = [];
    private readonly List<Delivery> _deliveries = [];
    private readonly List<Position> _positions = [];
    private readonly List<ReportedGap> _gaps = [];
    private readonly List<ReportedMissing> _missing = [];
    private readonly List<EndState> _ends = [];

    /// <summary>Microseconds since the run began.</summary>
    public long NowUs => (long)time.GetElapsedTime(_startedAt).TotalMicroseconds;

    /// <summary>The digest of a blob: label and payload, told apart by the label's length.</summary>
    public static string Digest(string? label, ReadOnlySpan<byte> payload)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var name = Encoding.UTF8.GetBytes(label ?? "");
        hash.AppendData(BitConverter.GetBytes(label is null ? -1 : name.Length));
        hash.AppendData(name);
        hash.AppendData(payload);
        return Convert.ToHexString(hash.GetHashAndReset());
    }

    /// <summary>An app is about to push: if the client is killed before it says under which sequence, a delivery of these bytes still counts as pushed.</summary>
    public void Attempted(string device, string digest, long startUs)
    {
        lock (_lock) _attempts.Add((device, digest), startUs);
    }

    /// <summary>A client knows that all its pushes up to a sequence are durable.</summary>
    public void DurableThrough(string device, ulong sequence)
    {
        lock (_lock)
        {
            foreach (var push in _pushes.Values.Where(p => p.Device == device && p.Sequence <= sequence && p.Outcome == CallOutcome.Unknown).ToList())
                _pushes[(device, push.Sequence)] = push with { EndUs = NowUs, Outcome = CallOutcome.Acknowledged };
        }
    }

    /// <summary>A push began: it is in the device's outbox.</summary>
    public void Pushed(string device, ulong sequence, string digest, long startUs)
    {
        lock (_lock)
        {
            if (_pushes.TryAdd((device, sequence), new PushCall(device, sequence, digest, startUs, null, CallOutcome.Unknown, 0))) return;
            // A reader may tell of a blob before its sender does: then it was taken for pushed already.
            if (!_inferred.Remove((device, sequence)) || _pushes[(device, sequence)].Digest != digest) throw new UnreachableException($"{device} used sequence {sequence} twice.");
            _pushes[(device, sequence)] = _pushes[(device, sequence)] with { StartUs = startUs };
        }
    }

    /// <summary>A push's outcome is known.</summary>
    public void PushEnded(string device, ulong sequence, CallOutcome outcome, ulong cursor)
    {
        lock (_lock) _pushes[(device, sequence)] = _pushes[(device, sequence)] with { EndUs = NowUs, Outcome = outcome, Cursor = cursor };
    }

    /// <summary>A blob was handed over.</summary>
    public void Delivered(string reader, string sender, ulong sequence, ulong cursor, string digest)
    {
        lock (_lock) _deliveries.Add(new Delivery(reader, sender, sequence, cursor, digest, NowUs, null));
    }

    /// <summary>The app's acknowledgement is durable.</summary>
    public void Acked(string reader, string sender, ulong sequence)
    {
        lock (_lock)
        {
            var at = _deliveries.FindLastIndex(d => d.Reader == reader && d.Sender == sender && d.Sequence == sequence);
            _deliveries[at] = _deliveries[at] with { AckedUs = NowUs };
        }
    }

    /// <summary>A fault took back that a client has a sender's blobs after a sequence: its app may get them again.</summary>
    public void TakenBack(string reader, string sender, ulong after)
    {
        lock (_lock)
        {
            for (var i = 0; i < _deliveries.Count; i++)
                if (_deliveries[i] is { } d && d.Reader == reader && d.Sender == sender && d.Sequence > after) _deliveries[i] = d with { AckedUs = null };
        }
    }

    /// <summary>A client said where it is.</summary>
    public void At(string device, ulong head, ulong received)
    {
        lock (_lock) _positions.Add(new Position(device, head, received, NowUs));
    }

    /// <summary>A client reported a gap.</summary>
    public void Gap(string device, ulong first, ulong last, string why)
    {
        lock (_lock) _gaps.Add(new ReportedGap(device, first, last, why));
    }

    /// <summary>A client reported that sequences of a sender are missing.</summary>
    public void Missing(string device, string sender, ulong first, ulong last, string why)
    {
        lock (_lock) _missing.Add(new ReportedMissing(device, sender, first, last, why));
    }

    /// <summary>A client at the end.</summary>
    public void Ended(EndState state)
    {
        lock (_lock) _ends.Add(state);
    }

    /// <summary>How many of a device's pushes have no outcome yet.</summary>
    public int Unanswered(string device)
    {
        lock (_lock) return _pushes.Values.Count(p => p.Device == device && p.Outcome == CallOutcome.Unknown);
    }

    /// <summary>How many blobs a client has been handed so far that it had not before.</summary>
    public int DistinctDeliveries(string reader)
    {
        lock (_lock) return _deliveries.Where(d => d.Reader == reader).DistinctBy(d => (d.Sender, d.Sequence)).Count();
    }

    /// <summary>All so far.</summary>
    public RunHistory Snapshot()
    {
        lock (_lock)
        {
            foreach (var d in _deliveries.Where(d => !_pushes.ContainsKey((d.Sender, d.Sequence))).ToList())
            {
                if (!_attempts.TryGetValue((d.Sender, d.Digest), out var startUs)) continue;
                _pushes[(d.Sender, d.Sequence)] = new PushCall(d.Sender, d.Sequence, d.Digest, startUs, null, CallOutcome.Unknown, 0);
                _inferred.Add((d.Sender, d.Sequence));
            }

            return new RunHistory { Pushes = [.. _pushes.Values.OrderBy(p => p.StartUs)], Deliveries = [.. _deliveries], Positions = [.. _positions], Gaps = [.. _gaps], Missing = [.. _missing], Ends = [.. _ends] };
        }
    }
}
