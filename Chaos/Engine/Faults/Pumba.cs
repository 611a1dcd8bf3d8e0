using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;

namespace ZeroK.Chaos.Faults;

/// <summary>Faults as Pumba takes them (github.com/alexei-led/pumba, 1.x): global options, the verb, its options, the containers. Pure: the command is data.</summary>
public static partial class Pumba
{
    // Pumba's table of signals; it refuses others.
    private static readonly HashSet<string> Signals =
    [
        "SIGHUP", "SIGINT", "SIGQUIT", "SIGILL", "SIGTRAP", "SIGIOT", "SIGBUS", "SIGFPE", "SIGKILL", "SIGUSR1", "SIGSEGV", "SIGUSR2", "SIGPIPE", "SIGALRM",
        "SIGTERM", "SIGCHLD", "SIGCONT", "SIGSTOP", "SIGTSTP", "SIGTTIN", "SIGTTOU", "SIGURG", "SIGXCPU", "SIGXFSZ", "SIGVTALRM", "SIGPROF", "SIGWINCH", "SIGIO",
    ];

    private static readonly string[] Distributions = ["", "uniform", "normal", "pareto", "paretonormal"];

    /// <summary>The command.</summary>
    /// <param name="fault">What.</param>
    /// <param name="target">To which containers.</param>
    /// <param name="host">The daemon's socket, for example unix:///var/run/docker.sock; null: Pumba's default.</param>
    /// <exception cref="ArgumentException">A value that Pumba would refuse; the message says which.</exception>
    public static CommandLine Command(ContainerFault fault, ContainerTarget target, string? host = null)
    {
        ArgumentNullException.ThrowIfNull(fault);
        ArgumentNullException.ThrowIfNull(target);
        List<string> arguments = [.. host is null ? Array.Empty<string>() : ["--host", host]];
        foreach (var (label, value) in target.Labels) arguments.AddRange(["--label", value.Length == 0 ? label : $"{label}={value}"]);
        if (target.Random) arguments.Add("--random");
        arguments.AddRange(Verb(fault, target.Limit > 0 ? ["--limit", Number(target.Limit)] : []));
        arguments.AddRange(target.Names);
        if (target.Pattern is not null) arguments.Add(ContainerTarget.PatternPrefix + target.Pattern);
        // Some verbs refuse to run without a name, even where labels select.
        if (target.Names.Count == 0 && target.Pattern is null) arguments.Add(ContainerTarget.PatternPrefix + ".*");
        return new CommandLine("pumba", arguments);
    }

    // One row a verb.
    private static IEnumerable<string> Verb(ContainerFault fault, string[] limit) => fault switch
    {
        KillFault kill => ["kill", "--signal", Checked(kill.Signal, Signals.Contains(kill.Signal), "a signal that Pumba knows"), .. limit],
        StopFault stop => ["stop", "--time", Number(Checked(stop.GraceSeconds, stop.GraceSeconds >= 0, "seconds, 0 or more")), .. Restart(stop), .. limit],
        PauseFault pause => ["pause", "--duration", Duration(pause.Duration), .. limit],
        RemoveFault rm => ["rm", $"--force={Flag(rm.Force)}", .. rm.Links ? ["--links"] : Array.Empty<string>(), $"--volumes={Flag(rm.Volumes)}", .. limit],
        NetemFault netem => ["netem", .. Netem(netem), .. limit, .. Effect(netem.Effect)],
        _ => throw new ArgumentException($"Pumba has no verb for {fault.GetType().Name}.", nameof(fault)),
    };

    private static string[] Restart(StopFault stop) => stop.RestartAfter is { } after ? ["--restart", "--duration", Duration(after)] : [];

    private static IEnumerable<string> Netem(NetemFault netem)
    {
        foreach (var target in netem.Targets) Checked(target, IPNetwork.TryParse(target, out _) || IPAddress.TryParse(target, out _), "an IP address or a CIDR range");
        return
        [
            "--duration", Duration(netem.Duration),
            "--interface", Checked(netem.Interface, InterfaceRule().IsMatch(netem.Interface), "a network interface"),
            .. netem.Targets.SelectMany(t => new[] { "--target", t }),
            .. Ports("--egress-port", netem.EgressPorts),
            .. Ports("--ingress-port", netem.IngressPorts),
            .. netem.TcImage is null ? Array.Empty<string>() : ["--tc-image", netem.TcImage],
            $"--pull-image={Flag(netem.PullImage)}",
        ];
    }

    // One row an effect. Every option is given, since Pumba's defaults are not 0 (jitter 10 ms, correlation 20 %).
    private static IEnumerable<string> Effect(NetemEffect effect) => effect switch
    {
        NetemDelay d =>
        [
            "delay", "--time", Number(Checked(d.Ms, d.Ms > 0, "milliseconds, above 0")), "--jitter", Number(Checked(d.JitterMs, d.JitterMs >= 0 && d.JitterMs <= d.Ms, "a jitter of 0 to the delay")),
            "--correlation", Percent(d.CorrelationPercent), .. Distribution(d.Distribution),
        ],
        NetemLoss l => ["loss", "--percent", Percent(l.Percent), "--correlation", Percent(l.CorrelationPercent)],
        NetemBurstLoss b => ["loss-gemodel", "--pg", Percent(b.Pg), "--pb", Percent(b.Pb), "--one-h", Percent(b.OneH), "--one-k", Percent(b.OneK)],
        NetemDuplicate d => ["duplicate", "--percent", Percent(d.Percent), "--correlation", Percent(d.CorrelationPercent)],
        NetemCorrupt c => ["corrupt", "--percent", Percent(c.Percent), "--correlation", Percent(c.CorrelationPercent)],
        NetemRate r =>
        [
            "rate", "--rate", Checked(r.Rate, RateRule().IsMatch(r.Rate), "a rate such as 100kbit"), "--packetoverhead", Number(r.PacketOverheadBytes),
            "--cellsize", Number(Checked(r.CellSizeBytes, r.CellSizeBytes >= 0, "bytes, 0 or more")), "--celloverhead", Number(r.CellOverheadBytes),
        ],
        _ => throw new ArgumentException($"Pumba has no netem effect for {effect.GetType().Name}.", nameof(effect)),
    };

    private static string[] Distribution(string name) => Checked(name, Distributions.Contains(name), "uniform, normal, pareto or paretonormal").Length == 0 ? [] : ["--distribution", name];

    private static string[] Ports(string option, IReadOnlyList<ushort> ports) => ports.Count == 0 ? [] : [option, string.Join(',', ports.Select(p => p.ToString(CultureInfo.InvariantCulture)))];

    // As Go reads durations.
    private static string Duration(TimeSpan duration)
    {
        var ms = (long)Checked(duration, duration >= TimeSpan.FromMilliseconds(1), "a duration of 1 ms or more").TotalMilliseconds;
        return ms % 1000 == 0 ? Number(ms / 1000) + "s" : Number(ms) + "ms";
    }

    private static string Percent(double value) => Checked(value, value is >= 0 and <= 100, "a percentage, 0 to 100").ToString("0.######", CultureInfo.InvariantCulture);

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Flag(bool value) => value ? "true" : "false";

    private static T Checked<T>(T value, bool right, string wanted) => right ? value : throw new ArgumentException(FormattableString.Invariant($"'{value}' is not {wanted}."));

    [GeneratedRegex(@"^[a-zA-Z][a-zA-Z0-9.:_-]*$", RegexOptions.CultureInvariant)]
    private static partial Regex InterfaceRule();

    [GeneratedRegex(@"^\d+[gmk]?bit$", RegexOptions.CultureInvariant)]
    private static partial Regex RateRule();
}
