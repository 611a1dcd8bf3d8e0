using ZeroK.Fuzz.Tests.Engine;

namespace ZeroK.Fuzz.Tests.Targets;

/// <summary>Every parser that sees bytes from outside. One row each.</summary>
internal static class AllTargets
{
    public static readonly IReadOnlyDictionary<string, FuzzTarget> ByName = new[]
    {
        WireTargets.Frame, WireTargets.Page, WireTargets.FrameStream, WireTargets.TransportMessages, WireTargets.SideStream,
        HandshakeTargets.AtTheRelay, HandshakeTargets.AtTheClient, HandshakeTargets.Message(1), HandshakeTargets.Message(2), HandshakeTargets.Message(3), HandshakeTargets.Message(4),
        EnvelopeTargets.Envelope, EnvelopeTargets.Text, EnvelopeTargets.Name,
        InboundTargets.Inbound,
        InviteTargets.Link, InviteTargets.Body, InviteTargets.Record, InviteTargets.Address,
        FileTargets.Identity, FileTargets.Group, FileTargets.State,
        ContentTargets.Reference, ContentTargets.Manifest, ContentTargets.Transfer, ContentTargets.Range, ContentTargets.Segment, ContentTargets.Length,
        ProxyTargets.Proxy, ProxyTargets.Population, ProxyTargets.Toxic, ProxyTargets.ToxicChange,
        GatewayTargets.ProxyHeader,
        CommandTargets.Path, CommandTargets.Shown, CommandTargets.Line, CommandTargets.Hash,
    }.ToDictionary(t => t.Name);
}
