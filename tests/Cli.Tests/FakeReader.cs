using System.Text;
using ZeroK.Cli.Terminal;

namespace ZeroK.Cli.Tests;

/// <summary>Standard output with somebody at its other end, who reads so many lines and then stays, goes, or can't keep more.</summary>
internal sealed class FakeReader : StringWriter, IDelivery
{
    private readonly List<long> _ends = [0];

    public FakeReader() => NewLine = "\n";

    /// <summary>Reads so many lines.</summary>
    public int LinesRead { get; set; } = int.MaxValue;

    /// <summary>Goes away behind the last line that is read.</summary>
    public bool Goes { get; set; }

    /// <summary>The write of this line fails, as on a full disk.</summary>
    public int FailsAtLine { get; set; } = int.MaxValue;

    /// <summary>What happens when somebody looks how far it got.</summary>
    public Action Looked { get; set; } = static () => { };

    public long Written => _ends[^1];

    public bool IsWriting => false;

    public bool ReaderIsGone => Goes && _ends.Count - 1 > LinesRead;

    public long Delivered()
    {
        Looked();
        return _ends[(int)Math.Min(_ends.Count - 1L, LinesRead)];
    }

    public override void WriteLine(string? value)
    {
        if (_ends.Count >= FailsAtLine) throw new OutputFailedException("No space left on device");
        base.WriteLine(value);
        _ends.Add(_ends[^1] + Encoding.UTF8.GetByteCount(value ?? "") + 1);
    }
}
