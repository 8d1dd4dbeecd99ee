using System.Globalization;
using Bolt.Diagnostics;
using Bolt.Dockerfiles;

namespace Bolt.Builds;

/// <summary>What is said about builds of Dockerfiles beyond their text.</summary>
internal static class DockerBuildErrors
{
    private const int MaxLines = 20, MaxLine = 400;

    /// <param name="output">The last lines that the command wrote.</param>
    public static Diagnostic StepFailed(SourceSpan at, string command, int? code, int? signal, IEnumerable<string> output)
    {
        Diagnostic? cause = null;
        foreach (var line in output.TakeLast(MaxLines).Reverse())
        {
            cause = new Diagnostic("BOLT2711", Severity.Error, line.Length <= MaxLine ? line : line[..MaxLine] + "…", Cause: cause);
        }
        var end = code is { } number ? $"ended with code {number.ToString(CultureInfo.InvariantCulture)}" : $"was ended by signal {signal?.ToString(CultureInfo.InvariantCulture)}";
        return new Diagnostic("BOLT2701", Severity.Error, $"`{command}` {end}", at, code == 127 ? "install the program in a step before, or correct its name" : null, cause);
    }

    public static Diagnostic NotStarted(SourceSpan at, string command, Diagnostic cause) => Error("BOLT2702", $"`{command}` cannot be started", at, null) with { Cause = cause };

    public static Diagnostic NotFound(SourceSpan at, string path, string where) => Error("BOLT2703",
        $"`{path}` does not exist in {where}", at, "correct the path, or look whether .dockerignore leaves it out");

    public static Diagnostic StageNotBuilt(SourceSpan at, string name) => Error("BOLT2724",
        $"the stage `{name}` is named here and nowhere before, so it was not built", at, "write its name without a variable, or build on it with FROM");

    public static Diagnostic BaseFailed(SourceSpan at, string image, Diagnostic cause) => Error("BOLT2704",
        $"the image `{image}` cannot be had", at, cause.Fix) with
    { Cause = cause };

    public static Diagnostic OtherPlatform(SourceSpan? at, string platform, string own) => Error("BOLT2705",
        $"`{platform}` cannot be built here: there is no emulation", at, $"write `{own}`, or build on such a machine");

    public static Diagnostic NoSecret(SourceSpan at, string id) => Error("BOLT2706",
        $"the secret `{id}` is required and was not given", at, $"add `--secret id={id},src=FILE`");

    public static Diagnostic NoAgent(SourceSpan at, string id) => Error("BOLT2707",
        $"the ssh agent `{id}` is required and was not given", at, id == "default" ? "start an agent and add `--ssh default`" : $"add `--ssh {id}=SOCKET`");

    public static Diagnostic UnknownUser(SourceSpan at, string name) => Error("BOLT2708",
        $"`{name}` is no user or group of the image", at, "write a number, or make the user in a RUN before");

    public static Diagnostic BadMode(SourceSpan at, string mode) => Error("BOLT2709",
        $"`{mode}` is no mode", at, "write three or four octal digits, like `755`");

    public static Diagnostic UnusedArgument(string name) => new("BOLT2710", Severity.Warning,
        $"the build argument `{name}` is used by no ARG", null, $"add `ARG {name}` to the Dockerfile, or leave it out");

    public static Diagnostic UnsetVariable(SourceSpan at, string name) => new("BOLT2712", Severity.Warning,
        $"`${name}` is not set and becomes nothing (UndefinedVar)", at, $"write `ARG {name}` before, or `${{{name}:-default}}`");

    public static Diagnostic NotExpanded(SourceSpan at, string problem) => Error("BOLT2713", $"this cannot be expanded: {problem}", at, "set the variable with `--build-arg`, ARG or ENV");

    public static Diagnostic NotAContext(string path) => Error("BOLT2714", $"`{path}` is no folder", null, "name the folder that the Dockerfile copies from");

    public static Diagnostic BadUrl(SourceSpan at, string url, Diagnostic cause) => Error("BOLT2715", $"cannot fetch `{url}`", at, cause.Fix) with { Cause = cause };

    public static Diagnostic WrongChecksum(SourceSpan at, string url, string wanted) => Error("BOLT2716",
        $"`{url}` does not have the checksum {wanted}", at, "look whether the file was changed; correct `--checksum` only if you trust it");

    public static Diagnostic BadChecksum(SourceSpan at, string checksum) => Error("BOLT2717", $"`{checksum}` is no checksum", at, "write `sha256:` and 64 hex digits");

    public static Diagnostic BadArchive(SourceSpan at, string path, string reason) => Error("BOLT2718", $"cannot unpack `{path}`: {reason}", at, "COPY the file if it is not meant to be unpacked");

    public static Diagnostic BadPattern(SourceSpan at, string pattern) => Error("BOLT2719", $"`{pattern}` is no pattern", at, "close the `[`, or put a `\\` before it");

    public static Diagnostic Unreadable(string path, string reason) => Error("BOLT2720", $"cannot read `{path}`: {reason}", null, "make it readable, or name it in .dockerignore");

    public static Diagnostic EmptyImage(SourceSpan at) => Error("BOLT2721", "the image would have no layer", at, "COPY at least one file into it");

    public static Diagnostic OneFile(SourceSpan at, string target) => Error("BOLT2722", $"`{target}` takes more than one file and so is a folder", at, $"write `{target}/`");

    public static Diagnostic BadPort(SourceSpan at, string port) => Error("BOLT2723", $"`{port}` is no port", at, "write `80`, `53/udp` or `8000-8010/tcp`");

    /// <summary>All that is wrong with a text, for callers that can say one thing: the first leads.</summary>
    public static Diagnostic First(IReadOnlyList<Diagnostic> found)
    {
        Diagnostic? cause = null;
        foreach (var next in found.Where(d => d.Severity == Severity.Error).Skip(1).Reverse())
        {
            cause = next with { Cause = cause, Message = next.At is { } at ? $"{at.File}:{at.Line.ToString(CultureInfo.InvariantCulture)}: {next.Message}" : next.Message };
        }
        return found.First(d => d.Severity == Severity.Error) with { Cause = cause };
    }

    private static Diagnostic Error(string code, string message, SourceSpan? at, string? fix) => new(code, Severity.Error, message, at, fix);
}
