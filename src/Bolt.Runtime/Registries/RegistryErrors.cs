using System.Globalization;
using Bolt.Diagnostics;

namespace Bolt.Registries;

/// <summary>What is said about registries.</summary>
internal static class RegistryErrors
{
    public const string UnreachableCode = "BOLT2401", NotFoundCode = "BOLT2402";

    public static Diagnostic Unreachable(string host, string reason) => Error(UnreachableCode,
        $"cannot reach the registry `{host}`: {reason}", "check the name and the network; a plain-HTTP registry is named in registries.toml with `insecure = true`");

    public static Diagnostic Untrusted(string host, string reason) => Error("BOLT2414",
        $"the certificate of the registry `{host}` is not trusted: {reason}", $"write `ca = \"FILE.pem\"` below `[registries.\"{host}\"]` in registries.toml");

    public static Diagnostic NotFound(string what, string host) => Error(NotFoundCode,
        $"the registry `{host}` has no `{what}`", "check the name and the tag; a private repository also looks like this to who is not logged in");

    public static Diagnostic NotAllowed(string host, string repository, bool loggedIn, string? words) => Error("BOLT2403",
        $"the registry `{host}` does not let {(loggedIn ? "these credentials" : "you")} at `{repository}`{After(words)}",
        loggedIn ? $"log in as someone who may: `bolt login {host}`" : $"`bolt login {host}`, or any tool that writes ~/.docker/config.json");

    public static Diagnostic Refused(string host, int status, string? words) => Error("BOLT2404", string.Create(CultureInfo.InvariantCulture,
        $"the registry `{host}` answers {status}{After(words)}"));

    public static Diagnostic BadAnswer(string host, string reason) => Error("BOLT2405", $"the registry `{host}` answers wrongly: {reason}");

    public static Diagnostic BadRedirect(string host, string reason) => Error("BOLT2406", $"`{host}` redirects {reason}", "name another registry or mirror");

    public static Diagnostic Busy(string host, string? wait) => Error("BOLT2407",
        $"the registry `{host}` takes no more requests{(wait is null ? "" : $" for {wait}")}", "try later, log in, or name a mirror in registries.toml");

    public static Diagnostic TooLarge(string host, string what, long limit) => Error("BOLT2408", string.Create(CultureInfo.InvariantCulture,
        $"the registry `{host}` sends a {what} of more than {limit} bytes"));

    public static Diagnostic WrongDigest(string what, string wanted, string found) => Error("BOLT2409",
        $"`{what}` has the digest `{found}`, not `{wanted}`", "its source is damaged or lies: fetch it elsewhere");

    public static Diagnostic Cut(string host, long done, long size) => Error("BOLT2410", string.Create(CultureInfo.InvariantCulture,
        $"the registry `{host}` ended after {done} of {size} bytes"), "try again: what has come is kept");

    public static Diagnostic NotOnMachine(string reference) => Error("BOLT2411",
        $"`{reference}` is not on this machine, and nothing may be fetched", $"`bolt pull {reference}` while there is a network");

    public static Diagnostic BadRealm(string host, string realm) => Error("BOLT2412",
        $"the registry `{host}` wants credentials sent to `{realm}`, which is not encrypted");

    public static Diagnostic NoPlatform(string reference, string wanted, IEnumerable<string> found) => Error("BOLT2413",
        $"`{reference}` is not made for {wanted}", $"it is made for: {string.Join(", ", found.Distinct().Take(20))}");

    public static Diagnostic HelperFailed(string helper, string reason) => Error("BOLT2420",
        $"the credential helper `{helper}` failed: {reason}", "install it, or take its name out of ~/.docker/config.json");

    public static Diagnostic CredentialsUnreadable(string path, string reason) => Error("BOLT2421", $"cannot read `{path}`: {reason}", "mend it, or move it away");

    public static Diagnostic SettingsUnreadable(string path, string reason) => Error("BOLT2422", $"cannot read `{path}`: {reason}");

    public static Diagnostic BadAuthority(string path, string reason) => Error("BOLT2423",
        $"`{path}` is no file of PEM certificates: {reason}", "name the certificate of the authority that signs the registry's");

    /// <summary>What was to be done, with what went wrong below it.</summary>
    public static Diagnostic Pull(string reference, Diagnostic cause) => Error("BOLT2400", $"cannot pull `{reference}`") with { Cause = cause };

    /// <summary>The same for the other way.</summary>
    public static Diagnostic Push(string reference, Diagnostic cause) => Error("BOLT2430", $"cannot push `{reference}`") with { Cause = cause };

    private static string After(string? words) => words is null ? "" : $": {words}";

    private static Diagnostic Error(string code, string message, string? fix = null) => new(code, Severity.Error, message, null, fix);
}
