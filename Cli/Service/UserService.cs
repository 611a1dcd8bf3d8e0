using System.Text;
using System.Xml.Linq;

namespace ZeroK.Cli.Service;

/// <summary>What keeps running: a program with its arguments, as a service of the user who installs it.</summary>
/// <param name="Name">The service's name, also its file's.</param>
/// <param name="Command">The program's full path, then its arguments.</param>
internal sealed record ServiceSpec(string Name, IReadOnlyList<string> Command)
{
    public override string ToString() => "[service]";
}

/// <summary>A system's way to run a user's service: where its file lies, what is in it, and what starts and ends it.</summary>
/// <param name="Path">The file.</param>
/// <param name="Text">What is in it.</param>
/// <param name="Start">Command lines that take it up and start it, in order.</param>
/// <param name="Stop">Command lines that end it and forget it, in order, before the file goes.</param>
/// <param name="AfterRemoval">Command lines after the file is gone.</param>
internal sealed record UserService(string Path, string Text, IReadOnlyList<string[]> Start, IReadOnlyList<string[]> Stop, IReadOnlyList<string[]> AfterRemoval)
{
    public override string ToString() => "[service]";

    /// <summary>How the file is encoded: the task scheduler reads UTF-16, the others UTF-8.</summary>
    public Encoding Encoding { get; init; } = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);

    // Ends that another start can't mend: a wrong command line, no device, refused for good.
    private static readonly ExitCode[] NotRestarted = [ExitCode.Usage, ExitCode.NotSetUp, ExitCode.Refused];

    /// <summary>A systemd user unit (systemd.service(5)).</summary>
    public static UserService Systemd(ServiceSpec spec, string home, string? configHome)
    {
        var folder = System.IO.Path.Combine(configHome ?? System.IO.Path.Combine(home, ".config"), "systemd", "user");
        var unit = spec.Name + ".service";
        var text = $"""
            # Written by `zerok service install`; `zerok service remove` takes it away.
            [Unit]
            Description=ZeroK sync ({spec.Name})
            Documentation=man:zerok(1)

            [Service]
            ExecStart={string.Join(' ', spec.Command.Select(SystemdQuoted))}
            # What arrives goes into files and nowhere else; what happens is said in the journal.
            StandardOutput=null
            StandardError=journal
            UMask=0077
            Restart=on-failure
            RestartSec=5
            RestartPreventExitStatus={string.Join(' ', NotRestarted.Select(c => (int)c))}
            NoNewPrivileges=yes

            [Install]
            WantedBy=default.target

            """;
        return new(
            System.IO.Path.Combine(folder, unit),
            text.ReplaceLineEndings("\n"),
            [["systemctl", "--user", "daemon-reload"], ["systemctl", "--user", "enable", unit], ["systemctl", "--user", "restart", unit]],
            [["systemctl", "--user", "disable", "--now", unit]],
            [["systemctl", "--user", "daemon-reload"]]);
    }

    /// <summary>A launchd agent of the user (launchd.plist(5)).</summary>
    public static UserService Launchd(ServiceSpec spec, string home, string userId)
    {
        var label = "org.zerok." + spec.Name;
        var path = System.IO.Path.Combine(home, "Library", "LaunchAgents", label + ".plist");
        var text = new XDocument(
            new XDeclaration("1.0", "UTF-8", standalone: null),
            new XDocumentType("plist", "-//Apple//DTD PLIST 1.0//EN", "http://www.apple.com/DTDs/PropertyList-1.0.dtd", null),
            new XElement("plist", new XAttribute("version", "1.0"), new XElement("dict",
                new XElement("key", "Label"), new XElement("string", label),
                new XElement("key", "ProgramArguments"), new XElement("array", spec.Command.Select(a => new XElement("string", a))),
                new XElement("key", "RunAtLoad"), new XElement("true"),
                new XElement("key", "KeepAlive"), new XElement("dict", new XElement("key", "SuccessfulExit"), new XElement("false")),
                new XElement("key", "ThrottleInterval"), new XElement("integer", 5),
                new XElement("key", "Umask"), new XElement("integer", 0x3F),
                new XElement("key", "StandardOutPath"), new XElement("string", "/dev/null"),
                new XElement("key", "StandardErrorPath"), new XElement("string", System.IO.Path.Combine(home, "Library", "Logs", label + ".log")))));
        return new(path, Written(text), [["launchctl", "bootstrap", "gui/" + userId, path]], [["launchctl", "bootout", $"gui/{userId}/{label}"]], []);
    }

    /// <summary>A task of Windows' scheduler that starts when the user logs on (Task Scheduler schema 1.2).</summary>
    public static UserService WindowsTask(ServiceSpec spec, string localAppData)
    {
        XNamespace ns = "http://schemas.microsoft.com/windows/2004/02/mit/task";
        var path = System.IO.Path.Combine(localAppData, "zerok", spec.Name + ".task.xml");
        var text = new XDocument(
            new XDeclaration("1.0", "UTF-16", standalone: null),
            new XElement(ns + "Task", new XAttribute("version", "1.2"),
                new XElement(ns + "Triggers", new XElement(ns + "LogonTrigger", new XElement(ns + "Enabled", true))),
                new XElement(ns + "Settings",
                    new XElement(ns + "MultipleInstancesPolicy", "IgnoreNew"),
                    new XElement(ns + "DisallowStartIfOnBatteries", false),
                    new XElement(ns + "StopIfGoingOnBatteries", false),
                    new XElement(ns + "ExecutionTimeLimit", "PT0S"),
                    new XElement(ns + "RestartOnFailure", new XElement(ns + "Interval", "PT1M"), new XElement(ns + "Count", 999))),
                new XElement(ns + "Actions", new XElement(ns + "Exec",
                    new XElement(ns + "Command", spec.Command[0]),
                    new XElement(ns + "Arguments", string.Join(' ', spec.Command.Skip(1).Select(WindowsQuoted)))))));
        var task = "ZeroK " + spec.Name;
        return new(path, Written(text), [["schtasks", "/Create", "/F", "/TN", task, "/XML", path], ["schtasks", "/Run", "/TN", task]], [["schtasks", "/End", "/TN", task], ["schtasks", "/Delete", "/F", "/TN", task]], []) { Encoding = Encoding.Unicode };
    }

    // systemd.service(5), "Command lines": in double quotes only \ and " are special, then % and $.
    internal static string SystemdQuoted(string argument)
    {
        if (argument.Any(char.IsControl)) throw new CliException(ExitCode.Usage, "A service's command line can't have control characters in it.", "Use folders whose names have none.");
        return '"' + argument.Replace(@"\", @"\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("%", "%%", StringComparison.Ordinal).Replace("$", "$$", StringComparison.Ordinal) + '"';
    }

    // CommandLineToArgvW: backslashes are doubled before a quote and at the end.
    internal static string WindowsQuoted(string argument)
    {
        var text = new StringBuilder("\"");
        var backslashes = 0;
        foreach (var c in argument)
        {
            if (c == '"') text.Append('\\', backslashes + 1);
            backslashes = c == '\\' ? backslashes + 1 : 0;
            text.Append(c);
        }

        return text.Append('\\', backslashes).Append('"').ToString();
    }

    private static string Written(XDocument document) => document.Declaration + "\n" + document + "\n";
}
