using System.Text;

namespace ZeroK.Cli.Shells;

/// <summary>Completion for a shell, as text to source: whole and static, so that a Tab starts no process.</summary>
internal static class CompletionScripts
{
    /// <summary>One row a shell.</summary>
    public static readonly (string Shell, Func<CommandNode, string> Write)[] All =
    [
        ("bash", Bash),
        ("zsh", Zsh),
        ("fish", Fish),
    ];

    // Option names and values that take a path: files are completed after these.
    private static bool IsPath(OptionNode option) => option.Value is "DIR" or "FILE" or "PATH";

    private static IEnumerable<OptionNode> OptionsAt(CommandNode root, CommandNode command) => command == root ? root.Options : command.Options.Concat(root.Options).DistinctBy(o => o.Names[0]);

    private static IEnumerable<OptionNode> ValueOptions(CommandNode root) => root.All.SelectMany(c => c.Options).Where(o => o.Value is not null).DistinctBy(o => o.Names[0]);

    // The words that lead from the program to the command that is being typed: the same few lines in each shell.
    private static string Paths(CommandNode root) => string.Join("|", root.All.Where(c => c != root).Select(c => $"\"{c.Path}\""));

    private static string Bash(CommandNode root)
    {
        var text = new StringBuilder("""
            # bash completion for zerok: source this file, or put it into ~/.local/share/bash-completion/completions/zerok
            _zerok() {
              local cur="${COMP_WORDS[COMP_CWORD]}" prev="${COMP_WORDS[COMP_CWORD-1]}" at="" words="" i
              for ((i = 1; i < COMP_CWORD; i++)); do
                case "${at:+$at }${COMP_WORDS[i]}" in
                  
            """);
        text.Append(Paths(root)).Append("""
            ) at="${at:+$at }${COMP_WORDS[i]}" ;;
                esac
              done
              COMPREPLY=()
              case "$prev" in

            """);
        foreach (var option in ValueOptions(root))
        {
            var reply = option.Values.Count > 0 ? $"COMPREPLY=($(compgen -W {Quoted(string.Join(' ', option.Values))} -- \"$cur\"))" : IsPath(option) ? "compopt -o default" : ":";
            text.Append("    ").Append(string.Join('|', option.Names)).Append(") ").Append(reply).Append("; return ;;\n");
        }

        text.Append("  esac\n  case \"$at\" in\n");
        foreach (var command in root.All)
        {
            var words = command.Words.Select(w => w.Name).Concat(OptionsAt(root, command).SelectMany(o => o.Names));
            text.Append($"    \"{command.Path}\") words={Quoted(string.Join(' ', words))} ;;\n");
        }

        return text.Append("""
              esac
              COMPREPLY=($(compgen -W "$words" -- "$cur"))
              [ ${#COMPREPLY[@]} -gt 0 ] || compopt -o default 2>/dev/null
            }
            complete -F _zerok zerok

            """).ToString();
    }

    private static string Zsh(CommandNode root)
    {
        var text = new StringBuilder("""
            #compdef zerok
            # zsh completion for zerok: put this as _zerok into a folder of $fpath, or: source <(zerok completion zsh)
            _zerok() {
              local at="" i prev="${words[CURRENT-1]}"
              local -a verbs options
              for ((i = 2; i < CURRENT; i++)); do
                case "${at:+$at }${words[i]}" in
                  
            """);
        text.Append(Paths(root)).Append("""
            ) at="${at:+$at }${words[i]}" ;;
                esac
              done
              case "$prev" in

            """);
        foreach (var option in ValueOptions(root))
        {
            var reply = option.Values.Count > 0 ? $"compadd -- {string.Join(' ', option.Values.Select(Quoted))}" : IsPath(option) ? "_files" : $"_message {Quoted(option.Value!)}";
            text.Append("    ").Append(string.Join('|', option.Names)).Append(") ").Append(reply).Append("; return ;;\n");
        }

        text.Append("  esac\n  case \"$at\" in\n");
        foreach (var command in root.All)
        {
            text.Append($"    \"{command.Path}\")\n      verbs=(");
            text.AppendJoin(' ', command.Words.Select(w => Described(w.Name, w.Summary)));
            text.Append(")\n      options=(");
            text.AppendJoin(' ', OptionsAt(root, command).SelectMany(o => o.Names.Select(n => Described(n, o.Summary))));
            text.Append(") ;;\n");
        }

        return text.Append("""
              esac
              if [[ "${words[CURRENT]}" == -* ]]; then _describe -o option options; return; fi
              if (( ${#verbs} )); then _describe command verbs; else _files; fi
            }
            if [[ "${funcstack[1]}" == _zerok ]]; then _zerok "$@"; else compdef _zerok zerok; fi

            """).ToString();

        static string Described(string name, string summary) => Quoted($"{name.Replace(":", "\\:", StringComparison.Ordinal)}:{summary}");
    }

    private static string Fish(CommandNode root)
    {
        var text = new StringBuilder("""
            # fish completion for zerok: put this into ~/.config/fish/completions/zerok.fish
            function __zerok_at
              set -l at ''
              for word in (commandline -opc)[2..]
                set -l longer (string trim -- "$at $word")
                switch "$longer"
                  case 
            """);
        text.Append(string.Join(' ', root.All.Where(c => c != root).Select(c => Quoted(c.Path)))).Append("""

                    set at $longer
                end
              end
              test "$at" = "$argv[1]"
            end
            complete -c zerok -e

            """);
        foreach (var command in root.All)
        {
            var at = $"-n \"__zerok_at '{command.Path}'\"";
            foreach (var word in command.Words)
                text.Append($"complete -c zerok -f {at} -a {Quoted(word.Name)} -d {Quoted(word.Summary)}\n");
            foreach (var option in command.Options)
            {
                // The program's own options hold everywhere.
                text.Append("complete -c zerok").Append(command == root ? "" : " " + at);
                foreach (var name in option.Names) text.Append(name.StartsWith("--", StringComparison.Ordinal) ? $" -l {Quoted(name[2..])}" : $" -s {Quoted(name[1..])}");
                if (option.Value is not null) text.Append(IsPath(option) ? " -r -F" : " -x");
                if (option.Values.Count > 0) text.Append($" -a {Quoted(string.Join(' ', option.Values))}");
                text.Append($" -d {Quoted(option.Summary)}\n");
            }
        }

        return text.ToString();
    }

    private static string Quoted(string text) => $"'{text.Replace("'", @"'\''", StringComparison.Ordinal)}'";
}
