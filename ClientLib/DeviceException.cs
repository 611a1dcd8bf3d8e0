namespace ZeroK.Client;

/// <summary>What is wrong with a device's directory or with what was asked of it.</summary>
public enum DeviceProblem
{
    /// <summary>Not said.</summary>
    None = 0,
    /// <summary>The directory holds no device.</summary>
    NoDevice,
    /// <summary>The directory holds a device already.</summary>
    DeviceExists,
    /// <summary>The device has no group yet.</summary>
    NoGroup,
    /// <summary>The device has a group already.</summary>
    GroupExists,
    /// <summary>The group needs a passphrase and none was given.</summary>
    PassphraseMissing,
    /// <summary>The passphrase is not the group's.</summary>
    PassphraseWrong,
    /// <summary>A file is not what it should be.</summary>
    Damaged,
    /// <summary>A file was written by another version of this library.</summary>
    OtherVersion,
    /// <summary>Others than the owner can read a key file.</summary>
    Permissions,
    /// <summary>Another process runs on this directory.</summary>
    InUse,
    /// <summary>The file system refused.</summary>
    Io,
    /// <summary>What was pushed and not sent yet would be lost.</summary>
    NotSent,
    /// <summary>The disk is full, or a share of it.</summary>
    DiskFull,
    /// <summary>This user has no right to a file: its rights or its owner are others.</summary>
    AccessDenied,
    /// <summary>The file system can be read only.</summary>
    ReadOnly,
    /// <summary>Too many files are open.</summary>
    TooManyOpenFiles,
}

/// <summary>A device can't be made, opened or changed. The message says what is wrong and what to do, and names no secret.</summary>
public sealed class DeviceException : Exception
{
    /// <summary>Makes one.</summary>
    public DeviceException(DeviceProblem problem, string message, Exception? inner = null) : base(message, inner) => Problem = problem;

    /// <inheritdoc/>
    public DeviceException() { }

    /// <inheritdoc/>
    public DeviceException(string message) : base(message) { }

    /// <inheritdoc/>
    public DeviceException(string message, Exception inner) : base(message, inner) { }

    /// <summary>What is wrong.</summary>
    public DeviceProblem Problem { get; }
}
