using Bolt.Diagnostics;

namespace Bolt.Tool;

/// <summary>The tool's own sentences; all else that it says comes from the library.</summary>
internal static class ToolErrors
{
    public static Diagnostic NoSuchFolder(string folder) =>
        new("BOLT6901", Severity.Error, $"there is no folder `{folder}`", Fix: "give an existing folder to `--directory`");

    public static Diagnostic NoSuchStack(string name) =>
        new("BOLT6902", Severity.Error, $"there is no stack `{name}`", Fix: "`bolt ps --all` lists those that exist");

    public static Diagnostic ManyStacks(string name, IEnumerable<string> ids) =>
        new("BOLT6903", Severity.Error, $"`{name}` names more than one stack: {string.Join(", ", ids)}", Fix: "give one of these ids to `--stack`");

    public static Diagnostic NotUp(string project) =>
        new("BOLT6904", Severity.Error, $"the stack `{project}` is not up", Fix: "`bolt up -d` starts it");

    public static Diagnostic BadWord(string option, string word, string shape) =>
        new("BOLT6905", Severity.Error, $"`{option}` does not understand `{word}`", Fix: $"write {shape}");

    public static Diagnostic BadForm(string option, string word, string problem, string fix) =>
        new("BOLT6907", Severity.Error, $"`{option} {word}` {problem}", Fix: fix);

    public static Diagnostic NoOneToAsk() =>
        new("BOLT6908", Severity.Error, "there is no terminal to ask at", Fix: "give `--username NAME --password-stdin`, and the password on standard input");

    public static Diagnostic BadBuildOption(string option, string text, string fix) =>
        new("BOLT6914", Severity.Error, $"`{option}` does not understand `{text}`", Fix: fix);

    public static Diagnostic LayoutNeedsFolder() =>
        new("BOLT6909", Severity.Error, "`--layout` writes a folder", Fix: "name it: `--output FOLDER`");

    public static Diagnostic NoInput() =>
        new("BOLT6910", Severity.Error, "standard input is a terminal", Fix: "give `--input FILE`, or pipe an archive in");

    public static Diagnostic NotTheSame() => new("BOLT6930", Severity.Error, "the passwords differ", Fix: "type the same one twice");

    public static Diagnostic NoPassword() =>
        new("BOLT6931", Severity.Error, "there is no terminal to ask for the key's password", Fix: "set COSIGN_PASSWORD");

    public static Diagnostic Unreadable(string path, string reason) => new("BOLT6911", Severity.Error, $"cannot read `{path}`: {reason}");

    public static Diagnostic TerminalOutput() =>
        new("BOLT6912", Severity.Error, "standard output is a terminal, and an archive is no text", Fix: "give `--output FILE`, or pipe it to a program");

    public static Diagnostic NotWritten(string path, string reason) => new("BOLT6913", Severity.Error, $"cannot write `{path}`: {reason}");

    public static Diagnostic NothingToUpdate() =>
        new("BOLT6920", Severity.Error, "no limit was named", Fix: "give `--memory`, `--cpus` or `--pids-limit`");

    public static Diagnostic NoTerminal() =>
        new("BOLT6906", Severity.Error, "standard input is not a terminal", Fix: "leave out `-t`");
}
