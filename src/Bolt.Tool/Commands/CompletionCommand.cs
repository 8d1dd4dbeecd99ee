using System.CommandLine;

namespace Bolt.Tool.Commands;

/// <summary>`bolt completion SHELL`: a script that a shell reads at its start; it asks the hidden `bolt complete` at each tab.</summary>
internal static class CompletionCommand
{
    private static readonly Argument<string> Shell = new("SHELL") { Description = "bash, zsh, fish or pwsh" };
    private static readonly Argument<int> Position = new("POSITION") { Description = "Where the cursor is, in characters from 0" };
    private static readonly Argument<string> Line = new("LINE") { Description = "The line as far as it is typed" };

    public static Command Create()
    {
        Shell.AcceptOnlyFromAmong("bash", "zsh", "fish", "pwsh");
        var command = new Command("completion", "Print a script that completes verbs, options and services in a shell") { Shell };
        command.SetAction(parsed =>
        {
            parsed.InvocationConfiguration.Output.Write(Script(parsed.GetRequiredValue(Shell)));
            return ExitCode.Done;
        });
        return command.WithExamples(
            "source <(bolt completion bash)                      in ~/.bashrc",
            "source <(bolt completion zsh)                       in ~/.zshrc, after compinit",
            "bolt completion fish >~/.config/fish/completions/bolt.fish",
            "bolt completion pwsh | Out-String | Invoke-Expression");
    }

    public static Command CreateHidden()
    {
        var command = new Command("complete", "Print what may follow in a line, one word a line") { Position, Line };
        command.Hidden = true;
        command.SetAction(parsed =>
        {
            foreach (var word in Words(parsed.GetRequiredValue(Line), parsed.GetRequiredValue(Position))) parsed.InvocationConfiguration.Output.WriteLine(word);
            return ExitCode.Done;
        });
        return command;
    }

    // A shell counts the program's name; the words behind it are what the tree knows.
    private static IEnumerable<string> Words(string line, int position)
    {
        line = position >= line.Length ? line.PadRight(position) : line[..position];
        var start = line.TrimStart().IndexOf(' ');
        if (start < 0) return [];
        var rest = line.TrimStart()[(start + 1)..];
        var typed = rest[(rest.LastIndexOf(' ') + 1)..];
        var parsed = Cli.Tree().Parse(rest);
        var known = parsed.GetCompletions(rest.Length).Select(c => c.Label).Concat(WantsService(parsed, typed) ? Services(parsed) : []);
        // Options when they are begun, else what a verb is about; the values of a switch are of use to nobody.
        var options = typed.StartsWith('-');
        return known.Where(w => w.StartsWith('-') == options && w.StartsWith(typed, StringComparison.Ordinal) && w is not ("True" or "False" or "/?" or "/h" or "-?")).Distinct();
    }

    private static bool WantsService(ParseResult parsed, string typed)
    {
        if (parsed.CommandResult.Command.Arguments.FirstOrDefault(a => a.Name == "SERVICE") is not { } argument) return false;
        var given = parsed.GetResult(argument)?.Tokens.Count ?? 0;
        return given - (typed.Length > 0 ? 1 : 0) < argument.Arity.MaximumNumberOfValues;
    }

    private static IEnumerable<string> Services(ParseResult parsed)
    {
        var file = parsed.GetValue(Cli.File) ?? Invocation.NearestBoltfile();
        return BoltRuntime.Load(file, Environment.GetEnvironmentVariable).Value?.Services.Select(s => s.Name) ?? [];
    }

    private static string Script(string shell) => shell switch
    {
        "bash" => """
            _bolt() {
              local IFS=$'\n'
              COMPREPLY=($(bolt complete "$COMP_POINT" "$COMP_LINE" 2>/dev/null))
              [ ${#COMPREPLY[@]} -gt 0 ] || compopt -o default
            }
            complete -F _bolt bolt

            """,
        "zsh" => """
            _bolt() {
              local -a words_of_bolt
              words_of_bolt=("${(@f)$(bolt complete "$CURSOR" "$BUFFER" 2>/dev/null)}")
              if [ -n "${words_of_bolt[1]}" ]; then compadd -- "${words_of_bolt[@]}"; else _files; fi
            }
            compdef _bolt bolt

            """,
        "fish" => """
            function __bolt_complete
                set -l line (commandline --cut-at-cursor)
                bolt complete (string length -- "$line") "$line" 2>/dev/null
            end
            complete --command bolt --arguments '(__bolt_complete)'

            """,
        _ => """
            Register-ArgumentCompleter -Native -CommandName bolt -ScriptBlock {
                param($word, $line, $position)
                bolt complete $position "$line" 2>$null | ForEach-Object {
                    [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
                }
            }

            """,
    };
}
