using System.Globalization;
using System.Text.RegularExpressions;
using Bolt.Diagnostics;

namespace Bolt.Builds;

/// <summary>What is said about images that services name, and about builds of .NET projects.</summary>
internal static partial class BuildErrors
{
    private const int MaxCauses = 10, MaxLine = 400;

    public static Diagnostic RecipeInstead(string recipe, Diagnostic cause)
    {
        var said = Error("BOLT2301", cause.Message, $"use `bolt://{recipe}`, which needs no registry, or mend what is in the way");
        return said with { Cause = cause.Cause };
    }

    public static Diagnostic NoFolder(string written, string folder) => Error("BOLT2302",
        $"`{written}` does not exist", $"make the folder `{folder}`, or correct the path");

    public static Diagnostic NoProject(string written) => Error("BOLT2303",
        $"`{written}` has neither a Dockerfile nor a .NET project",
        $"name a folder with a Dockerfile or a `.csproj`: `dotnet new web -o {written}` makes one");

    public static Diagnostic ManyProjects(string written, IEnumerable<string> projects) => Error("BOLT2304",
        $"`{written}` has more than one project", $"name one of them: {string.Join(", ", projects.Select(p => $"`{written.TrimEnd('/')}/{p}`"))}");

    public static Diagnostic NoRegistry(string service) => Error("BOLT2320",
        $"no registry is named for `{service}`", "set ContainerRegistry to `HOST[:PORT]`, in the project or for the build");

    public static Diagnostic NoDotnet(string path, string reason) => Error("BOLT2305",
        $"cannot start `{path}`: {reason}", "install the .NET 10 SDK, or set DOTNET_PATH to its `dotnet`");

    public static Diagnostic NotExecutable(string written, string outputType) => Error("BOLT2306",
        $"`{written}` is no program: its output type is `{outputType}`", "set `<OutputType>Exe</OutputType>`, or use `Microsoft.NET.Sdk.Web`");

    public static Diagnostic NothingPublished(string written, string expected) => Error("BOLT2307",
        $"publishing `{written}` made no `{expected}`", "run `dotnet publish -c Release` there to see what it makes");

    public static Diagnostic NoFramework(string written, string version, string folder) => Error("BOLT2308",
        $"`{written}` needs the runtime {version}, which is neither in the package cache nor in `{folder}`",
        "run `bolt up` once with a network, or install that runtime");

    public static Diagnostic NoRuntime(string written, string version, string folder, IEnumerable<string> installed) => Error("BOLT2319",
        $"`{written}` needs the .NET runtime{(version.Length == 0 ? "" : " " + version)}, which `{folder}` does not have",
        string.Join(", ", installed) is { Length: > 0 } has ? $"write one of {has} as its tag, or install that runtime" : "install a .NET runtime");

    public static Diagnostic Unreadable(string path, string reason) => Error("BOLT2309", $"cannot read `{path}`: {reason}");

    public static Diagnostic NoBaseRecipe(string name) => Error("BOLT2310", $"the recipe `{name}` that .NET projects stand on is missing", "reinstall Bolt");

    /// <summary>A failed build: the first error leads, the others follow as causes.</summary>
    /// <param name="output">What MSBuild wrote.</param>
    public static Diagnostic Failed(string written, IEnumerable<string> output)
    {
        var lines = output.Select(l => l.Trim()).Where(l => l.Length > 0).Distinct(StringComparer.Ordinal).ToArray();
        var errors = lines.Select(Parse).OfType<Diagnostic>().Take(MaxCauses).ToArray();
        if (errors.Length == 0)
        {
            errors = [.. lines.TakeLast(MaxCauses).Select(Line)];
        }
        Diagnostic? cause = null;
        foreach (var error in Enumerable.Reverse(errors))
        {
            cause = error with { Cause = cause };
        }
        return Error("BOLT2312", $"cannot build `{written}`", "correct the project; `dotnet publish -c Release` there shows the same") with { At = cause?.At, Cause = cause };
    }

    // "/src/api/Program.cs(16,21): error CS1002: ; expected [/src/api/api.csproj]"
    // "/src/api/api.csproj : error NU1101: Unable to find package Nowhere. No packages exist… [/src/api/api.csproj]"
    [GeneratedRegex(@"^(?<file>.+?)\s?(\((?<line>\d{1,7})(,(?<column>\d{1,7}))?[^)]*\))?\s?: error (?<code>[A-Za-z]+\d+): (?<text>.*?)( \[[^\]]*\])?$")]
    private static partial Regex ErrorLine();

    private static Diagnostic? Parse(string line)
    {
        var match = ErrorLine().Match(line);
        if (!match.Success)
        {
            return null;
        }
        var file = match.Groups["file"].Value;
        var error = Line($"{match.Groups["code"].Value}: {match.Groups["text"].Value}");
        return int.TryParse(match.Groups["line"].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? error with { At = Span(file, number, match.Groups["column"].ValueSpan) }
            : error;
    }

    private static Diagnostic Line(string text) => Error("BOLT2311", Shorten(text));

    private static SourceSpan? Span(string file, int line, ReadOnlySpan<char> column)
    {
        try
        {
            var text = File.ReadLines(file).ElementAtOrDefault(line - 1) ?? "";
            var at = int.TryParse(column, NumberStyles.None, CultureInfo.InvariantCulture, out var found) ? found : 1;
            return new SourceSpan(file, line, at, 1, Shorten(text));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null;
        }
    }

    private static string Shorten(string line) => line.Length <= MaxLine ? line : line[..MaxLine] + "…";

    private static Diagnostic Error(string code, string message, string? fix = null) => new(code, Severity.Error, message, null, fix);
}
