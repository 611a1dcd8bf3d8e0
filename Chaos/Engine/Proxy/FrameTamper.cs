using System.Buffers.Binary;

namespace ZeroK.Chaos.Proxy;

/// <summary>What is done to a handshake frame.</summary>
public enum TamperAction
{
    /// <summary>Nothing; frames are only counted.</summary>
    None = 0,
    /// <summary>One bit is flipped.</summary>
    FlipBit,
    /// <summary>The frame is cut after <see cref="TamperPlan.Offset"/> bytes and the stream is closed.</summary>
    Truncate,
    /// <summary>The frame's length field is replaced by <see cref="TamperPlan.Bytes"/> (2 bytes); nothing else changes.</summary>
    Relength,
    /// <summary>The frame is sent twice.</summary>
    Repeat,
    /// <summary><see cref="TamperPlan.Bytes"/>, a recorded frame, is sent ahead of it.</summary>
    InjectBefore,
    /// <summary><see cref="TamperPlan.Bytes"/>, a recorded frame, is sent instead of it.</summary>
    Replace,
    /// <summary>Neither it nor anything after it arrives; the stream stays open.</summary>
    Silence,
    /// <summary>The frame is put through <see cref="TamperPlan.Rewrite"/>.</summary>
    Rewrite,
}

/// <summary>A change to one handshake frame of one direction.</summary>
/// <param name="Frame">The frame's number in its direction, from 0. Up: 0 preface, 1 message 1, 2 message 3. Down: 0 message 2, 1 message 4.</param>
/// <param name="Action">What is done.</param>
/// <param name="Offset">Bytes from the frame's start, its 3-byte head included.</param>
/// <param name="Bit">0 to 7.</param>
/// <param name="Bytes">A recorded frame, or a length field.</param>
/// <param name="Rewrite">Takes the whole frame, its head included, and gives what is sent instead.</param>
public sealed record TamperPlan(int Frame, TamperAction Action, int Offset = 0, int Bit = 0, ReadOnlyMemory<byte> Bytes = default, Func<byte[], byte[]>? Rewrite = null);

/// <summary>Changes one frame of a stream of handshake frames (kind u8, length u16 big-endian, body). Pure; works on any cut of the stream into chunks.</summary>
public sealed class FrameTamper(TamperPlan plan)
{
    private const int HeadBytes = 3;

    private readonly List<byte> _partial = [];
    private int _frame;

    /// <summary>Whether the change was made.</summary>
    public bool Done { get; private set; }

    /// <summary>Whether the stream ends here.</summary>
    public bool Ends { get; private set; }

    /// <summary>The frames seen so far, whole, with their heads.</summary>
    public List<byte[]> Seen { get; } = [];

    /// <summary>Takes a chunk and gives what goes on.</summary>
    public byte[] Pass(ReadOnlySpan<byte> chunk)
    {
        if (Done && plan.Action == TamperAction.Silence || Ends) return [];
        if (Done || _frame > plan.Frame) return chunk.ToArray();
        _partial.AddRange(chunk);
        var output = new List<byte>();
        while (!Ends && NextFrame() is { } frame)
        {
            Seen.Add(frame);
            if (_frame++ != plan.Frame) output.AddRange(frame);
            else Change(frame, output);
            if (Done && plan.Action == TamperAction.Silence) return [.. output];
        }

        if (_frame > plan.Frame && !Ends)
        {
            output.AddRange(_partial);
            _partial.Clear();
        }

        return [.. output];
    }

    private byte[]? NextFrame()
    {
        if (_frame > plan.Frame || _partial.Count < HeadBytes) return null;
        var length = HeadBytes + BinaryPrimitives.ReadUInt16BigEndian([_partial[1], _partial[2]]);
        if (_partial.Count < length) return null;
        var frame = _partial.GetRange(0, length).ToArray();
        _partial.RemoveRange(0, length);
        return frame;
    }

    private void Change(byte[] frame, List<byte> output)
    {
        Done = plan.Action != TamperAction.None;
        switch (plan.Action)
        {
            case TamperAction.FlipBit:
                frame[plan.Offset % frame.Length] ^= (byte)(1 << (plan.Bit & 7));
                output.AddRange(frame);
                break;
            case TamperAction.Truncate:
                output.AddRange(frame.AsSpan(0, plan.Offset % frame.Length));
                Ends = true;
                break;
            case TamperAction.Relength:
                plan.Bytes.Span[..2].CopyTo(frame.AsSpan(1));
                output.AddRange(frame);
                break;
            case TamperAction.Repeat:
                output.AddRange(frame);
                output.AddRange(frame);
                break;
            case TamperAction.InjectBefore:
                output.AddRange(plan.Bytes.Span);
                output.AddRange(frame);
                break;
            case TamperAction.Replace:
                output.AddRange(plan.Bytes.Span);
                break;
            case TamperAction.Rewrite:
                output.AddRange(plan.Rewrite!([.. frame]));
                break;
            case TamperAction.Silence:
                break;
            default:
                output.AddRange(frame);
                break;
        }
    }
}

/// <summary>A <see cref="FrameTamper"/> as a toxic, for <see cref="ProxyOptions.Hook"/>.</summary>
public sealed class TamperToxic(FrameTamper tamper) : Toxic
{
    private bool _ended;

    /// <inheritdoc/>
    public override bool BreaksStreamOnRemoval => true;

    /// <inheritdoc/>
    public override void Apply(Piece piece, ToxicLink link, PieceSink emit)
    {
        if (_ended) return;
        if (piece.Kind != PieceKind.Data)
        {
            emit(piece);
            return;
        }

        var was = tamper.Done;
        var passed = tamper.Pass(piece.Bytes.Span);
        if (tamper.Done && !was) link.Hit();
        if (passed.Length > 0) emit(piece with { Bytes = passed });
        if (!tamper.Ends) return;
        _ended = true;
        emit(new Piece(PieceKind.Close, default, piece.Due));
    }
}
