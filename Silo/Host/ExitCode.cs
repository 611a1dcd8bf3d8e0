namespace ZeroK.Relay;

/// <summary>What the process says when it ends.</summary>
public static class ExitCode
{
    /// <summary>Ended as asked.</summary>
    public const int Done = 0;
    /// <summary>A fault of the relay.</summary>
    public const int Fault = 1;
    /// <summary>A setting is wrong; standard error names it.</summary>
    public const int BadSetting = 2;
    /// <summary>An address or port can't be listened on.</summary>
    public const int CantListen = 3;
    /// <summary>The data directory can't be used: another relay has it, it isn't writable, or its permissions are too wide. Or the cluster's database can't.</summary>
    public const int NoData = 4;
}
