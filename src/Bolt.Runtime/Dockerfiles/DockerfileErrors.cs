using System.Globalization;
using Bolt.Diagnostics;

namespace Bolt.Dockerfiles;

/// <summary>All that Bolt says about a Dockerfile and a .dockerignore as texts.</summary>
internal static class DockerfileErrors
{
    public static Diagnostic Unreadable(string path, string reason) => new("BOLT2601", Severity.Error,
        $"cannot read `{path}`: {reason}", null, "name the Dockerfile with `-f`, or run `bolt build` on a folder that has one");

    public static Diagnostic TooLarge(string path, int max) => new("BOLT2602", Severity.Error,
        $"`{path}` has more than {max.ToString(CultureInfo.InvariantCulture)} characters", null, "keep large texts in files of their own and COPY them");

    public static Diagnostic UnknownInstruction(SourceSpan at, string word, string? meant) => Error("BOLT2603",
        $"unknown instruction `{word}`", at, meant is null ? "begin the line with an instruction, or end the line above with a `\\`" : $"write `{meant}`");

    public static Diagnostic BeforeFrom(SourceSpan at, string keyword) => Error("BOLT2604",
        $"`{keyword}` stands before the first FROM", at, "put a `FROM` line above it; only ARG may stand before");

    public static Diagnostic Empty(SourceSpan at) => Error("BOLT2605",
        "the file has no FROM", at, "begin it with `FROM debian`, or `FROM scratch` for an empty image");

    public static Diagnostic UnknownFlag(SourceSpan at, string keyword, string flag, string? meant) => Error("BOLT2606",
        $"{keyword} has no flag `{flag}`", at, meant is null ? "remove it" : $"write `{meant}`");

    public static Diagnostic BadFlag(SourceSpan at, string flag, string problem, string fix) => Error("BOLT2607",
        $"`{flag}` {problem}", at, fix);

    public static Diagnostic MissingArgument(SourceSpan at, string keyword, string wanted, string example) => Error("BOLT2608",
        $"{keyword} needs {wanted}", at, $"write `{example}`");

    public static Diagnostic BadStageName(SourceSpan at, string name) => Error("BOLT2609",
        $"`{name}` is no name for a stage", at, "begin it with a letter; letters, digits, `-`, `_` and `.` may follow");

    public static Diagnostic StageTwice(SourceSpan at, string name, int line) => Error("BOLT2610",
        $"there are two stages `{name}`, the first in line {line.ToString(CultureInfo.InvariantCulture)}", at, "give one of them another name");

    public static Diagnostic OpenHeredoc(SourceSpan at, string name) => Error("BOLT2611",
        $"the text of `<<{name}` does not end", at, $"put `{name}` alone on the line after its last");

    public static Diagnostic BadSubstitution(SourceSpan at, string problem) => Error("BOLT2612",
        $"this cannot be expanded: {problem}", at, "write `${NAME}`, `${NAME:-default}` or `${NAME#prefix}`; a dollar sign that is meant is `\\$`");

    public static Diagnostic BadPair(SourceSpan at, string keyword, string word) => Error("BOLT2613",
        $"`{word}` is no NAME=value", at, $"write `{keyword} NAME=value`, with quotes around a value that has blanks");

    public static Diagnostic BadMount(SourceSpan at, string part, string problem, string fix) => Error("BOLT2614",
        $"`{part}` in `--mount` {problem}", at, fix);

    public static Diagnostic Refused(SourceSpan at, string what, string why, string instead) => Error("BOLT2615",
        $"{what} is not built by Bolt: {why}", at, instead);

    public static Diagnostic NotInOnbuild(SourceSpan at, string keyword) => Error("BOLT2616",
        $"ONBUILD cannot hold {keyword}", at, "write the instruction in the Dockerfile that uses this image");

    public static Diagnostic ShellNeedsJson(SourceSpan at) => Error("BOLT2617",
        "SHELL takes a JSON array alone", at, "write `SHELL [\"/bin/bash\", \"-c\"]`");

    public static Diagnostic BadPort(SourceSpan at, string port) => Error("BOLT2618",
        $"`{port}` is no port", at, "write `80`, `53/udp` or `8000-8010/tcp`");

    public static Diagnostic SyntaxIgnored(SourceSpan at, string image) => new("BOLT2619", Severity.Note,
        $"`{image}` is not used: Bolt reads Dockerfiles itself", at, "the line may stay; other builders use it");

    public static Diagnostic BadDirective(SourceSpan at, string name, string value, string fix) => Error("BOLT2620",
        $"`{value}` is nothing for `{name}`", at, fix);

    /// <param name="name">As BuildKit's checks are called, for <c># check=skip=…</c>.</param>
    public static Diagnostic Check(SourceSpan at, string name, string message, string fix) => new("BOLT2621", Severity.Warning,
        $"{message} ({name})", at, fix);

    public static Diagnostic NoStage(string written, IEnumerable<string> names) => new("BOLT2622", Severity.Error,
        $"there is no stage `{written}`", null, names.Any() ? $"name one of {string.Join(", ", names.Select(n => $"`{n}`"))}" : "write `AS NAME` behind a FROM");

    public static Diagnostic OpenQuote(SourceSpan at) => Error("BOLT2623",
        "a quote is not closed", at, "close it, or put a `\\` before a quote that is meant");

    public static Diagnostic NotAFolder(SourceSpan at, string target) => Error("BOLT2624",
        $"`{target}` takes more than one file and so is a folder", at, $"write `{target}/`");

    public static Diagnostic NulCharacter(SourceSpan at) => Error("BOLT2625",
        "there is a NUL character in this line", at, "remove it; a Dockerfile is plain text");

    public static Diagnostic RepeatedFlag(SourceSpan at, string flag) => Error("BOLT2626",
        $"`{flag}` is given twice", at, "keep one of the two");

    public static Diagnostic BadIgnorePattern(SourceSpan at, string pattern) => Error("BOLT2627",
        $"`{pattern}` is no pattern", at, "close the `[`, or put a `\\` before it");

    public static Diagnostic BadTime(SourceSpan at, string flag, string value) => Error("BOLT2628",
        $"`{value}` in `{flag}` is no time", at, "write `30s`, `1m30s` or `500ms`");

    private static Diagnostic Error(string code, string message, SourceSpan at, string fix) => new(code, Severity.Error, message, at, fix);
}
