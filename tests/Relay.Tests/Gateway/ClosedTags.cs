using ZeroK.Channel;
using ZeroK.Gateway;
using ZeroK.Wire;

namespace ZeroK.Relay.Tests.Gateway;

/// <summary>All values that a label of the gateway may have. A label with another value may be an id, or a series for each attacker.</summary>
internal static class ClosedTags
{
    private static readonly string[] Codes = [.. Enum.GetNames<ErrorCode>(), "Unknown"];

    private static readonly Dictionary<string, string[]> Values = new()
    {
        ["zerok.handshakes"] = ["ok", "left", "no-hello", "fault", .. Codes, .. Enum.GetNames<ChannelFailure>(), .. Enum.GetNames<AdmissionLimit>()],
        ["zerok.refused"] = Codes,
        ["zerok.messages"] = Enum.GetNames<MessageType>(),
        ["zerok.blob.bytes"] = ["in", "out"],
        ["zerok.group.call.failures"] = ["silo", "rejected", "timeout", "cancelled", "other"],
        ["zerok.sessions.ended"] = ["peer", .. Codes],
    };

    public static bool Allows(string instrument, string tag) => Values.TryGetValue(instrument, out var values) && values.Contains(tag);
}
