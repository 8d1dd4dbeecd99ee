using System.Globalization;
using Bolt.Diagnostics;

namespace Bolt.Boltfiles;

/// <summary>All that Bolt says about a Boltfile, and about TOML in general.</summary>
internal static class BoltfileErrors
{
    public static Diagnostic Syntax(SourceSpan at, string problem) => Error("BOLT1001",
        $"this is not TOML: {Sentence(problem)}", at, "correct the syntax here; the form is described at https://toml.io");

    public static Diagnostic Redefined(SourceSpan at, string problem) => Error("BOLT1002",
        Sentence(problem), at, "keep one of the two");

    public static Diagnostic Unreadable(string path, string reason) => new("BOLT1003", Severity.Error,
        $"cannot read `{path}`: {Sentence(reason)}", null, "run `bolt` in the folder of a Boltfile.toml or name one with `--file`");

    public static Diagnostic UnknownKey(SourceSpan at, string key, string table, string? meant) => Error("BOLT1004",
        $"unknown key `{key}` in {table}", at, meant is null ? "remove it" : $"write `{meant}`");

    public static Diagnostic WrongType(SourceSpan at, string key, string found, string wanted, string example) =>
        Error("BOLT1005", $"`{key}` is {found}, not {wanted}", at, $"write `{example}`");

    public static Diagnostic BadValue(SourceSpan at, string key, string value, string problem) => Error("BOLT1006",
        $"`{value}` in `{key}` {Head(problem)}", at, Tail(problem));

    public static Diagnostic OutOfRange(SourceSpan at, string key, long value, int min, int max) => Error("BOLT1007",
        $"`{value}` in `{key}` is out of range", at,
        max == int.MaxValue ? $"write a number from {min}" : $"write a number from {min} to {max}");

    public static Diagnostic TooLarge(SourceSpan at, int max) => Error("BOLT1008",
        $"the file has more than {max.ToString(CultureInfo.InvariantCulture)} characters", at, "split it into several stacks");

    public static Diagnostic UndefinedVariable(SourceSpan at, string name) => Error("BOLT1009",
        $"the variable `{name}` is not set", at, $"set it, or give a default: `${{{name}:-…}}`");

    public static Diagnostic OpenVariable(SourceSpan at, string text) => Error("BOLT1010",
        $"`{text}` opens a variable and does not close it", at, "write `${NAME}`, or `$${` for the two characters themselves");

    public static Diagnostic BadVariableName(SourceSpan at, string name) => Error("BOLT1011",
        $"`{name}` is no variable name", at, "write letters, digits and `_`, or `$${` for the two characters themselves");

    private static Diagnostic Error(string code, string message, SourceSpan at, string fix) =>
        new(code, Severity.Error, message, at, fix);

    /// <summary>A <see cref="TextReader{T}"/>'s problem reads "is no port; write `8080:80`": what, then the fix.</summary>
    private static string Head(string problem) => problem.Split("; ", 2)[0];

    private static string Tail(string problem) => problem.Split("; ", 2) is [_, var fix] ? fix : "correct the value";

    /// <summary>A message of the platform or the parser as the end of a sentence of ours.</summary>
    private static string Sentence(string text)
    {
        text = text.ReplaceLineEndings(" ").Trim().TrimEnd('.');
        return text.Length > 1 && char.IsUpper(text[0]) && !char.IsUpper(text[1])
            ? char.ToLowerInvariant(text[0]) + text[1..] : text;
    }
}
