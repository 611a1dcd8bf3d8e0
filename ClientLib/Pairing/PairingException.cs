using ZeroK.Wire;

namespace ZeroK.Client;

/// <summary>Why a pairing by code came to nothing. In each case the code is of no more use: make another one.</summary>
public enum PairingProblem
{
    /// <summary>Not said.</summary>
    None = 0,
    /// <summary>The two devices had different codes, or somebody in between answered for one of them. Nothing was given away.</summary>
    WrongCode,
    /// <summary>No device waits under this code at this relay: mistyped, over, cancelled, or another relay's.</summary>
    NoSuchCode,
    /// <summary>The code was used already, by this person or by another.</summary>
    CodeUsed,
    /// <summary>Nobody came within the code's ten minutes, or the other device stood still.</summary>
    Expired,
    /// <summary>The other device cancelled.</summary>
    Cancelled,
    /// <summary>The other device's connection ended before it was done.</summary>
    PeerLeft,
    /// <summary>What came was changed on the way, out of order, or not from a program of this kind.</summary>
    Interfered,
    /// <summary>The other device runs a version of this program that pairs in another way.</summary>
    OtherVersion,
    /// <summary>The other device could not take the invite: it has a group, or could not keep it.</summary>
    NotTaken,
    /// <summary>The relay could not be reached, or the connection to it broke.</summary>
    Unreachable,
    /// <summary>The relay refused: <see cref="PairingException.Code"/> says why.</summary>
    Refused,
}

/// <summary>A pairing by code came to nothing. The message says what happened and what to do, and names no secret.</summary>
public sealed class PairingException : Exception
{
    /// <summary>Makes one.</summary>
    public PairingException(PairingProblem problem, string message, Exception? inner = null) : base(message, inner) => Problem = problem;

    /// <summary>Makes one with the usual words.</summary>
    internal PairingException(PairingProblem problem) : this(problem, WhatToDo(problem)) { }

    /// <inheritdoc/>
    public PairingException() { }

    /// <inheritdoc/>
    public PairingException(string message) : base(message) { }

    /// <inheritdoc/>
    public PairingException(string message, Exception inner) : base(message, inner) { }

    /// <summary>Why.</summary>
    public PairingProblem Problem { get; }

    /// <summary>The relay's code, with <see cref="PairingProblem.Refused"/>.</summary>
    public ErrorCode Code { get; init; }

    internal static string WhatToDo(PairingProblem problem) => problem switch
    {
        PairingProblem.WrongCode => "The codes of the two devices differ: it was mistyped, or somebody in between answered for the other device. Nothing was given away, and this code is over. Make a new one and type it again; if that fails too, do not use this relay.",
        PairingProblem.NoSuchCode => "No device waits under this code at this relay: it was mistyped, is over, was cancelled, or is another relay's. Check code and relay address, or make a new one.",
        PairingProblem.CodeUsed => "This code was used already, and each works once. If it was not you who used it, see who is in the group, and make a new one.",
        PairingProblem.Expired => "The time of this code is over. Make a new one.",
        PairingProblem.Cancelled => "The other device cancelled. Make a new code there.",
        PairingProblem.PeerLeft => "The other device went away before it was done. Check whether it has joined after all; if not, make a new code.",
        PairingProblem.Interfered => "What came from the other side was changed on the way or is of another program. Nothing was given away. Make a new code; if that fails too, do not use this relay.",
        PairingProblem.OtherVersion => "The other device's program pairs in another way. Update the older one of the two.",
        PairingProblem.NotTaken => "The other device could not take the invite: it has a group already, or could not keep it. See what it says.",
        PairingProblem.Unreachable => "The relay can't be reached, or the connection to it broke. Check that both devices are online and that the address is right, and make a new code.",
        PairingProblem.Refused => "The relay refused.",
        _ => "The pairing failed.",
    };
}
