using ZeroK.Cli.Verbs;
using ZeroK.Client;

namespace ZeroK.Cli.Contents;

/// <summary>Contents that are not finished on this device.</summary>
internal static class Waiting
{
    /// <summary>As they are in its directory; none where there is no device yet.</summary>
    public static IReadOnlyList<ContentTransfer> In(VerbContext context)
    {
        try
        {
            using var device = Device.Open(context.DataDir);
            return device.ReadContentTransfers();
        }
        catch (DeviceException e) when (e.Problem == DeviceProblem.NoDevice)
        {
            return [];
        }
    }
}
