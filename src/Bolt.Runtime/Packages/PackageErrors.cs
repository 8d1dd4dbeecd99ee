using System.Globalization;
using Bolt.Diagnostics;

namespace Bolt.Packages;

/// <summary>What is said about archives, packages and layers.</summary>
internal static class PackageErrors
{
    /// <summary>Another mirror, or another try, may help.</summary>
    public const string UnreachableCode = "BOLT2102";
    /// <summary>Another mirror may have it.</summary>
    public const string NotFoundCode = "BOLT2103";
    /// <summary>The bytes are others.</summary>
    public const string WrongHashCode = "BOLT2104";

    public static Diagnostic BadSource(string at, string problem) => Error("BOLT2101",
        $"cannot use the apt source at {at}: {problem}", "correct it; `apt-get update` reads the same file");

    public static Diagnostic Unreachable(string url, string cause) => Error(UnreachableCode,
        $"cannot fetch `{url}`: {cause}", "check the network and the mirror in the apt sources, then run it again");

    public static Diagnostic NotFound(string url) => Error(NotFoundCode,
        $"the mirror does not have `{url}`", "check the mirror in the apt sources");

    public static Diagnostic WrongHash(string url, string expected, string found) => Error(WrongHashCode,
        $"`{url}` has SHA-256 {found}, not {expected} as signed or locked", "do not use this mirror until it is known why; the file was thrown away");

    public static Diagnostic TooLarge(string url, long limit) => Error("BOLT2105",
        $"`{url}` is larger than the {Bytes(limit)} that it may have", "do not use this mirror until it is known why");

    public static Diagnostic NotWritten(string path, string cause) => Error("BOLT2106",
        $"cannot write `{path}`: {cause}", "free some space, or set BOLT_CACHE to a folder on another disk");

    public static Diagnostic Offline(string what) => Error("BOLT2107",
        $"{what} is not on this machine, and nothing may be fetched", "run it once without `--offline`");

    public static Diagnostic NoGoodSignature(string source, string reasons) => Error("BOLT2110",
        $"no trusted key has signed the index of `{source}`: {reasons}", "update the archive's keyring package, or correct `Signed-By` of this apt source");

    public static Diagnostic ReleaseExpired(string source, DateTimeOffset until) => Error("BOLT2111",
        $"the index of `{source}` was valid until {Day(until)} only", "the mirror is out of date, or this machine's clock is wrong");

    public static Diagnostic Rollback(string source, DateTimeOffset date, DateTimeOffset seen) => Error("BOLT2112",
        $"the index of `{source}` is of {Day(date)}, older than the one of {Day(seen)} that was seen before", "the mirror was set back; use another one");

    public static Diagnostic WrongSuite(string source, string found) => Error("BOLT2113",
        $"`{source}` answers with the index of `{found}`", "correct the suite in the apt source, or use another mirror");

    public static Diagnostic BadRelease(string source, string problem) => Error("BOLT2114",
        $"the index of `{source}` is malformed: {problem}", "use another mirror");

    public static Diagnostic BadIndex(string url, string problem) => Error("BOLT2115",
        $"the package list `{url}` is malformed: {problem}", "use another mirror");

    public static Diagnostic BadKeys(string path, string problem) => Error("BOLT2116",
        $"cannot read the keys in `{path}`: {problem}", "reinstall the archive's keyring package");

    public static Diagnostic NoSources(string architecture) => Error("BOLT2117",
        $"no Debian or Ubuntu archive for {architecture} is configured", "add one to /etc/apt/sources.list.d");

    public static Diagnostic NoPackage(string who, string wanted, string suites) => Error("BOLT2120",
        $"`{who}` needs the package `{wanted}`, which {suites} does not have", "add a suite that has it to the apt sources, or write a recipe of your own with another package");

    public static Diagnostic Unmet(string who, string package, string relation) => Error("BOLT2121",
        $"`{who}` cannot be resolved: `{package}` depends on `{relation}`, which no configured suite has", "add the missing suite to the apt sources (often -updates or -security)");

    public static Diagnostic NoVersion(string who, string tag, string available) => Error("BOLT2122",
        $"there is no `{who}:{tag}` in the configured archive, which has {available}", "write one of those, or add a suite that has it to the apt sources");

    public static Diagnostic Unversioned(string who, string tag) => Error("BOLT2123",
        $"`{who}` has no versions to choose `{tag}` from", $"write `{who}`");

    public static Diagnostic Gone(string who, string package, string locked, string current) => Error("BOLT2130",
        $"the lock of `{who}` names {package} {locked}, which no mirror has any more; {current}",
        $"remove the entry of `{who}` from bolt.lock and run `bolt up`");

    public static Diagnostic BadPackage(string file, string problem) => Error("BOLT2140",
        $"the package `{file}` is malformed: {problem}", null);

    public static Diagnostic HostilePath(string file, string path, string problem) => Error("BOLT2141",
        $"the package `{file}` has the path `{path}`, which {problem}", "do not use this package");

    public static Diagnostic BadLayerEntry(string path, string problem) => Error("BOLT2142",
        $"cannot put `{path}` into the layer: {problem}", "correct the recipe");

    private static string Day(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture);

    private static string Bytes(long count) => count.ToString("N0", CultureInfo.InvariantCulture) + " bytes";

    private static Diagnostic Error(string code, string message, string? fix) => new(code, Severity.Error, message, null, fix);
}
