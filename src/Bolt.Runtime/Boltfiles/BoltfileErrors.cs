using System.Globalization;
using Bolt.Diagnostics;

namespace Bolt.Boltfiles;

/// <summary>All that Bolt says about a Boltfile, and about TOML in general.</summary>
internal static class BoltfileErrors
{
    public static Diagnostic Syntax(SourceSpan at, string problem) => Error("BOLT1001",
        $"this is not TOML: {Sentence(problem)}", at, problem.EndsWith("for a value", StringComparison.Ordinal)
            ? "write the text in quotes" : "correct the syntax here; the form is described at https://toml.io");

    /// <param name="problem">"The key `a.b` is already defined at (4,1) with `…` and cannot be redefined".</param>
    public static Diagnostic Redefined(SourceSpan at, string problem) => Error("BOLT1002",
        problem.Split('`') is [_, var key, var rest, ..] && rest.Split('(', ',') is [_, var line, ..]
            ? $"`{key}` is defined twice, first in line {line}" : Sentence(problem), at, "keep one of the two");

    public static Diagnostic AddedTwice(SourceSpan at, string service) => Error("BOLT1032",
        $"service `{service}` is added twice", at, "give one of them another name");

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

    public static Diagnostic NulCharacter(SourceSpan at) => Error("BOLT1033",
        "the text has a NUL character, which no path, argument or variable can hold", at, "remove it");

    public static Diagnostic NotAChoice(SourceSpan at, string key, string value, string[] words) => Error("BOLT1012",
        $"`{value}` is no value of `{key}`", at,
        Spelling.Nearest(value, words) is { } meant ? $"write `{meant}`" : $"write {Either(words)}");

    public static Diagnostic MissingKey(SourceSpan at, string key, string table) => Error("BOLT1013",
        $"{table} has no `{key}`", at, $"add `{key} = …`");

    public static Diagnostic NotActedOn(SourceSpan at, string key, string table) => new("BOLT1014", Severity.Warning,
        $"`{key}` in {table} is read but not acted on yet", at, "remove it, or go on without what it asks for");

    public static Diagnostic NoSource(SourceSpan at, string service) => Error("BOLT1015",
        $"service `{service}` names nothing to run", at,
        "add one of `image = \"…\"`, `build = \"./folder\"` and `capsule = \"postgres\"`");

    public static Diagnostic SecondSource(SourceSpan at, string service, string key, string first) => Error("BOLT1016",
        $"service `{service}` has both `{first}` and `{key}`", at, $"remove `{key}` or `{first}`");

    public static Diagnostic BadReference(SourceSpan at, string key, string value, string problem) => Error("BOLT1017",
        $"`{value}` in `{key}` {Head(problem)}", at, Tail(problem));

    public static Diagnostic UnknownDependency(SourceSpan at, string service, string name, string? meant) => Error("BOLT1018",
        $"service `{service}` depends on `{name}`, which is no service of this file", at,
        meant is null ? $"add `[services.{name}]` or remove `{name}`" : $"write `{meant}`");

    public static Diagnostic UnknownReference(SourceSpan at, string key, string name, string? meant, IEnumerable<string> names) =>
        Error("BOLT1019", $"`{key}` names `bolt://{name}`, and `{name}` is no service of this file", at,
            meant is not null ? $"write `bolt://{meant}`" : $"name one of {Either([.. names.Order(StringComparer.Ordinal)])}");

    public static Diagnostic Cycle(SourceSpan at, IReadOnlyList<string> way, string key) => Error("BOLT1020",
        $"services wait for each other: {string.Join(" → ", way)}", at, $"remove `{way[^1]}` from `{key}` of `{way[^2]}`");

    public static Diagnostic PortTwice(SourceSpan at, PortMapping port, string owner, int free) => Error("BOLT1021",
        $"host port {port.HostPort}/{port.Protocol.ToString().ToLowerInvariant()} is already published by service `{owner}`",
        at, $"write `{free}:{port.ContainerPort}`");

    public static Diagnostic SecondMount(SourceSpan at, string target, string table) => Error("BOLT1022",
        $"{table} mounts `{target}` twice", at, "give one of them another target");

    public static Diagnostic MissingSource(SourceSpan at, string path) => Error("BOLT1023",
        $"`{path}` does not exist", at, $"run `mkdir -p {path}`, or correct the path");

    public static Diagnostic MissingBuild(SourceSpan at, string path) => Error("BOLT1024",
        $"there is no folder `{path}` to build", at, $"run `dotnet new web -o {path}`, or correct the path");

    public static Diagnostic MissingRecipe(SourceSpan at, string path) => Error("BOLT1025",
        $"there is no recipe file `{path}`", at, "correct the path");

    public static Diagnostic MissingLayout(SourceSpan at, string path) => Error("BOLT1026",
        $"there is no OCI layout folder `{path}`", at, "correct the path");

    public static Diagnostic NoServices(SourceSpan at) => Error("BOLT1027",
        "the Boltfile has no service", at, "add `[services.web]` with `image = \"bolt://nginx\"`");

    public static Diagnostic BadName(SourceSpan at, string what, string name, string folded) => Error("BOLT1028",
        $"`{name}` is no {what} name", at, $"write `{folded}`: up to 63 letters, digits, `_`, `.` and `-`");

    public static Diagnostic ProjectMissing(SourceSpan at, string name) => new("BOLT1029", Severity.Note,
        $"the Boltfile names no project; `{name}` is used", at, $"add `project = \"{name}\"` as the first line");

    public static Diagnostic BadTest(SourceSpan at) => Error("BOLT1030",
        "`test` does not begin with `CMD` or `CMD-SHELL`", at, "write `test = [\"CMD\", \"pg_isready\"]`");

    public static Diagnostic UnknownNetwork(SourceSpan at, string service, string network) => Error("BOLT1031",
        $"service `{service}` joins `{network}`, which is no network of this file", at, $"add `[networks.{network}]` or remove `{network}`");

    public static Diagnostic BadPackage(SourceSpan at, string text) => Error("BOLT1034",
        $"`{text}` in `packages` names no Debian package", at, "write its name, for example `\"jq\"`, or `\"jq (>= 1.6)\"`");

    public static Diagnostic PackagesOfOther(SourceSpan at, string service, string key) => Error("BOLT1035",
        $"service `{service}` has `packages` beside `{key}`", at,
        "packages are installed on a recipe: write `capsule = \"NAME\"` instead, or nothing for a small Debian");

    private static string Either(string[] words) => words.Length switch
    {
        0 => "another value",
        1 => $"`{words[0]}`",
        _ => string.Join(", ", words[..^1].Select(w => $"`{w}`")) + $" or `{words[^1]}`",
    };

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
