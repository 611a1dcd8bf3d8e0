using System.Collections;
using System.ComponentModel;
using System.Net;
using System.Reflection;
using Microsoft.Extensions.Options;
using ZeroK.Gateway;
using ZeroK.Grains.Groups;
using ZeroK.Storage.Content;

namespace ZeroK.Relay.Settings;

/// <summary>Options, environment variables and a file become <see cref="RelaySettings"/>, or an error that names the setting.</summary>
internal static class SettingReader
{
    private static readonly Dictionary<string, Type> Sections = new(StringComparer.OrdinalIgnoreCase)
    {
        ["Gateway"] = typeof(GatewayOptions),
        ["Group"] = typeof(GroupOptions),
        ["Content"] = typeof(ContentLimits),
    };

    /// <summary>Reads and checks.</summary>
    /// <exception cref="SettingException">A setting is unknown, unreadable or out of range.</exception>
    public static RelaySettings Read(IReadOnlyList<string> args, IDictionary environment)
    {
        var options = ReadOptions(args, out var file);
        var builder = new ConfigurationBuilder();
        if (file is not null) AddFile(builder, file);
        builder.AddInMemoryCollection(ReadVariables(environment));
        builder.AddInMemoryCollection(options);
        IConfigurationRoot configuration;
        try
        {
            configuration = builder.Build();
        }
        catch (InvalidDataException unreadable)
        {
            throw new SettingException($"--config {file} is not JSON: {unreadable.InnerException?.Message ?? unreadable.Message}", unreadable);
        }

        CheckKeys(configuration);
        return Check(Bind(configuration), configuration);
    }

    private static Dictionary<string, string?> ReadOptions(IReadOnlyList<string> args, out string? file)
    {
        file = null;
        var values = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        for (var i = 0; i < args.Count; i++)
        {
            if (!args[i].StartsWith("--", StringComparison.Ordinal)) throw new SettingException($"'{args[i]}' is not an option: they begin with --.");
            var (name, value) = Split(args[i][2..]);
            var isFlag = name == "json";
            if (value is null && isFlag && (i + 1 == args.Count || args[i + 1].StartsWith("--", StringComparison.Ordinal))) value = "true";
            value ??= ++i < args.Count ? args[i] : throw new SettingException($"--{name} needs a value.");
            if (name == "config") file = value;
            else values[KeyOf(name) ?? throw new SettingException($"--{name} is not an option. --help lists them.")] = value;
        }

        return values;
    }

    private static (string Name, string? Value) Split(string text)
    {
        var at = text.IndexOf('=', StringComparison.Ordinal);
        return at < 0 ? (text, null) : (text[..at], text[(at + 1)..]);
    }

    private static string? KeyOf(string name) =>
        SettingTable.Rows.FirstOrDefault(r => r.Option == name)?.Key ?? (name.Contains(':', StringComparison.Ordinal) ? name : null);

    private static Dictionary<string, string?> ReadVariables(IDictionary environment)
    {
        var values = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        foreach (DictionaryEntry entry in environment)
        {
            if (entry.Key is not string name || !name.StartsWith(SettingTable.VariablePrefix, StringComparison.OrdinalIgnoreCase)) continue;
            var key = SettingTable.Rows.FirstOrDefault(r => r.Variable.Equals(name, StringComparison.OrdinalIgnoreCase))?.Key
                ?? name[SettingTable.VariablePrefix.Length..].Replace("__", ":", StringComparison.Ordinal);
            values[key] = entry.Value as string;
        }

        return values;
    }

    private static void AddFile(ConfigurationBuilder builder, string file)
    {
        if (!File.Exists(file)) throw new SettingException($"--config {file}: there is no such file.");
        builder.AddJsonFile(Path.GetFullPath(file), optional: false, reloadOnChange: false);
    }

    private static void CheckKeys(IConfigurationRoot configuration)
    {
        foreach (var (key, value) in configuration.AsEnumerable())
        {
            if (value is null || (SettingTable.Rows.Any(r => r.Key.Equals(key, StringComparison.OrdinalIgnoreCase)) && !Sections.ContainsKey(key.Split(':')[0]))) continue;
            var parts = key.Split(':');
            var property = parts.Length == 2 && Sections.TryGetValue(parts[0], out var type) ? type.GetProperty(parts[1], BindingFlags.Public | BindingFlags.Instance | BindingFlags.IgnoreCase) : null;
            var known = property is { CanWrite: true };
            if (!known) throw new SettingException($"{key} is not a setting. --help lists the short ones; Gateway:NAME, Group:NAME and Content:NAME are the limits.");
            CheckType(key, value, property!.PropertyType);
        }
    }

    private static RelaySettings Bind(IConfigurationRoot configuration) => new()
    {
        DataDirectory = Path.GetFullPath(configuration["DataDir"] ?? DefaultDirectory()),
        HttpListen = configuration["Http:Listen"] ?? "127.0.0.1",
        HttpPort = Value(configuration, "Http:Port", 4841),
        PublicHost = configuration["PublicHost"] ?? "",
        Json = Value(configuration, "Json", false),
        LogFormat = Value(configuration, "Log:Format", LogFormat.Text),
        LogLevel = Value(configuration, "Log:Level", LogLevel.Information),
        Cluster = ClusterReader.Read(configuration),
        Gateway = Section<GatewayOptions>(configuration, "Gateway"),
        Group = Section<GroupOptions>(configuration, "Group"),
        Content = Section<ContentLimits>(configuration, "Content"),
    };

    internal static T Value<T>(IConfiguration configuration, string key, T fallback) where T : struct
    {
        try
        {
            return configuration.GetValue(key, fallback);
        }
        catch (InvalidOperationException wrong)
        {
            throw new SettingException($"{Named(key)} is '{configuration[key]}'; it must be {Allowed(typeof(T))}.", wrong);
        }
    }

    // The binder's own words name types of the program and not what may stand there.
    private static void CheckType(string key, string value, Type type)
    {
        try
        {
            TypeDescriptor.GetConverter(type).ConvertFromInvariantString(value);
        }
        catch (Exception wrong) when (wrong is ArgumentException or FormatException or InvalidCastException or NotSupportedException)
        {
            throw new SettingException($"{Named(key)} is '{value}'; it must be {Allowed(type)}.", wrong);
        }
    }

    // As it was given most likely: the option, where the key has one.
    private static string Named(string key) =>
        SettingTable.Rows.FirstOrDefault(r => r.Key.Equals(key, StringComparison.OrdinalIgnoreCase)) is { } row ? $"--{row.Option} ({row.Key})" : key;

    private static string Allowed(Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (type.IsEnum) return "one of " + string.Join(", ", Enum.GetNames(type));
        if (type == typeof(bool)) return "true or false";
        if (type == typeof(TimeSpan)) return "a time as days.hours:minutes:seconds, 3.00:00:00 for three days";
        return type == typeof(int) ? "a whole number up to 2147483647" : type == typeof(double) ? "a number" : "a whole number";
    }

    private static T Section<T>(IConfiguration configuration, string name) where T : class, new()
    {
        try
        {
            return configuration.GetSection(name).Get<T>() ?? new T();
        }
        catch (InvalidOperationException wrong)
        {
            throw new SettingException($"{wrong.Message} ({wrong.InnerException?.Message})", wrong);
        }
    }

    private static RelaySettings Check(RelaySettings settings, IConfiguration configuration)
    {
        if (settings.HttpPort is < 0 or > 65_535) throw new SettingException($"Http:Port is {settings.HttpPort}; it must be 0 to 65535.");
        if (!IPAddress.TryParse(settings.HttpListen, out _)) throw new SettingException("Http:Listen is not an IP address.");
        Throw(new GatewayOptionsValidator().Validate(null, settings.Gateway));
        Agree(configuration, settings);
        Throw(new GroupOptionsValidator().Validate(null, settings.Group));
        Throw(new ContentLimitsValidator().Validate(null, settings.Content));
        return settings;
    }

    // What clients are told and what groups hold them to is one number: the gateway's. A group's own is refused where it differs.
    private static void Agree(IConfiguration configuration, RelaySettings settings)
    {
        var (gateway, group) = (settings.Gateway, settings.Group);
        group.EnvelopeBytesMax = One(nameof(group.EnvelopeBytesMax), gateway.EnvelopeBytesMax, group.EnvelopeBytesMax);
        group.PullBlobsMax = One(nameof(group.PullBlobsMax), gateway.PullBlobsMax, group.PullBlobsMax);
        group.PullBytesMax = One(nameof(group.PullBytesMax), gateway.PullBytesMax, group.PullBytesMax);

        int One(string name, int ofGateway, int ofGroup) =>
            configuration[$"Group:{name}"] is null || ofGroup == ofGateway ? ofGateway
                : throw new SettingException($"Group:{name} is {ofGroup} and Gateway:{name} is {ofGateway}. Set Gateway:{name} alone: groups take it from there.");
    }

    private static void Throw(ValidateOptionsResult result)
    {
        if (result.Failed) throw new SettingException(string.Join(Environment.NewLine, result.Failures));
    }

    private static string DefaultDirectory()
    {
        var state = Environment.GetEnvironmentVariable("XDG_STATE_HOME");
        if (string.IsNullOrEmpty(state)) state = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".local", "state");
        return Path.Combine(state, "zerok-relay");
    }
}
