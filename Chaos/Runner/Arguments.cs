using System.Globalization;
using ZeroK.Chaos.Catalogue;
using ZeroK.Chaos.Scenarios;

namespace ZeroK.Chaos.Runner;

/// <summary>Options as "--name value".</summary>
internal sealed class Arguments
{
    private static readonly string[] Known = ["category", "scenario", "tier", "iterations", "seed", "out", "transport", "dir", "relay", "via", "for", "rate", "groups", "relays", "bytes", "fault", "from", "seeds", "planted"];

    // Options that stand alone.
    private static readonly string[] Flags = ["planted"];

    private readonly Dictionary<string, string> _values = [];

    public string? this[string name] => _values.GetValueOrDefault(name);

    public static Arguments Parse(IReadOnlyList<string> args)
    {
        var parsed = new Arguments();
        for (var i = 0; i < args.Count; i++)
        {
            var name = args[i].TrimStart('-');
            if (!Known.Contains(name)) throw new ArgumentException($"{args[i]} is not an option; there are: {string.Join(", ", Known.Select(k => "--" + k))}");
            if (Flags.Contains(name))
            {
                parsed._values[name] = "";
                continue;
            }

            if (i + 1 == args.Count) throw new ArgumentException($"{args[i]} needs a value.");
            parsed._values[name] = args[++i];
        }

        return parsed;
    }

    /// <summary>A number, or its default.</summary>
    public double Number(string name, double otherwise) => this[name] is { } text ? Number(text) : otherwise;

    /// <summary>A number.</summary>
    public static double Number(string text) => double.TryParse(text, CultureInfo.InvariantCulture, out var number) ? number : throw new ArgumentException($"'{text}' is not a number.");

    /// <summary>The rows asked for; an unknown name is an error, not an empty run.</summary>
    public IReadOnlyList<ScenarioRow> Rows()
    {
        var (category, ids) = (this["category"], this["scenario"]?.Split(','));
        var rows = ScenarioCatalogue.All.Where(r => (category is null || r.Category == category) && (ids is null || ids.Contains(r.Id)) && TiersOf(r).Count > 0).ToList();
        return rows.Count > 0 ? rows : throw new ArgumentException("No scenario is like that. `list` shows all.");
    }

    /// <summary>The tiers to run a row on: the catalogue's, and beyond them one that is asked for by name together with the scenario, where the scenario can run there.</summary>
    public IReadOnlyList<string> TiersOf(ScenarioRow row)
    {
        if (this["tier"] is not { } tier) return row.Tiers;
        return row.Tiers.Contains(tier) || (this["scenario"] is not null && row.Create().WaitsFor(tier) is null) ? [tier] : [];
    }

    public static int Help()
    {
        Console.WriteLine("""
            zerok-chaos list [--category C] [--tier T]
            zerok-chaos run  [--category C] [--scenario ID[,ID]] [--tier mock|inprocess|processes|docker] [--iterations N|default]
                             [--seed S] [--transport tcp|quic] [--out DIR]

            zerok-chaos cluster [--for 10m] [--rate 500] [--groups 50] [--relays 3] [--bytes 1024] [--seed S] [--fault NAME] [--out DIR]
                             relays with PostgreSQL under kill -9, SIGSTOP and database restarts; exit code 1 if anything was lost or late

            zerok-chaos upgrade --from FOLDER [--rate 500] [--groups 50] [--relays 3] [--bytes 1024] [--seed S] [--out DIR]
                             relays of an older build (FOLDER has its zerok-relay.dll) replaced by this one's, one at a time under load;
                             exit code 1 if anything was lost or late or an app saw an error. scripts/upgrade-check REF builds and runs it

            zerok-chaos simulate [--seeds N] [--for 10m] [--seed FIRST]
                             whole groups of devices and relays in one thread each, from a seed, in virtual time
            zerok-chaos simulate --seed S          replays one history and writes every step
            zerok-chaos simulate --planted [--for 60s]   plants known bugs; each must be found in that time

            A scenario passes only if all its iterations pass. The exit code is 0 when none failed, 1 when one did, 2 for a wrong option.
            DIR (default chaos-results/<date>) gets results.jsonl, junit.xml, report.html, and failures/ with logs and replay commands.
            """);
        return 2;
    }
}
