using Bolt.Diagnostics;

namespace Bolt.Trust;

/// <summary>What is said about signatures and who is trusted.</summary>
internal static class TrustErrors
{
    public static Diagnostic NoRule(string repository) => new("BOLT2500", Severity.Warning,
        $"nobody says who signs `{repository}`: it is taken on trust", null, $"`bolt trust add {repository} --key KEY.pub`, or `bolt trust default accept`");

    public static Diagnostic NoKeyRequired(string repository) => Error("BOLT2501",
        $"`{repository}` may not start: every image must be signed, and no rule says by whom", $"`bolt trust add {repository} --key KEY.pub`");

    public static Diagnostic Unsigned(string image, string digest) => Error("BOLT2502",
        $"`{image}` is not signed ({digest})", "`bolt sign` it with a key that the policy names, or ask its maker to");

    public static Diagnostic WrongSigner(string image, int found, string keys) => Error("BOLT2503",
        $"`{image}` has {found} signature{(found == 1 ? "" : "s")}, and none is by {keys}", "check who signs it, and the rule: `bolt trust`");

    public static Diagnostic OtherImage(string image, string digest, string signed) => Error("BOLT2504",
        $"the signature of `{image}` is for another image: it says {signed}, and this is {digest}", "the image was altered or the signature belongs to another version: pull it anew, or ask its maker");

    public static Diagnostic OtherRepository(string image, string signed) => Error("BOLT2505",
        $"the signature of `{image}` was made for `{signed}`", "use the image where its maker published it, or sign it for this repository");

    public static Diagnostic NotKnownOffline(string image) => Error("BOLT2506",
        $"the signatures of `{image}` are not on this machine, and nothing may be fetched", $"`bolt pull {image}` while there is a network");

    public static Diagnostic BadKey(string path, string reason) => Error("BOLT2510",
        $"`{path}` is no key: {reason}", "name a PEM file as `bolt trust new-key` and cosign write it");

    public static Diagnostic WrongPassword(string path) => Error("BOLT2511",
        $"the password does not open `{path}`", "set COSIGN_PASSWORD, or type it when asked");

    public static Diagnostic KeyExists(string path) => Error("BOLT2512", $"`{path}` is there already", "name another key, or move that one away");

    public static Diagnostic PolicyUnreadable(string path, string reason) => Error("BOLT2520", $"cannot read `{path}`: {reason}");

    public static Diagnostic BadPattern(SourceSpan? at, string text) => new("BOLT2521", Severity.Error,
        $"`{text}` names no repository", at, "write `HOST/PATH` as images are named in full (`docker.io/library/nginx`), or `HOST/*` for all below");

    public static Diagnostic NotEditable(string path) => Error("BOLT2522", $"`{path}` is written in a way that an edit would break", "edit it by hand (docs/trust.md)");

    public static Diagnostic NoSuchRule(string repository) => Error("BOLT2523", $"no rule names `{repository}`", "`bolt trust` lists the rules");

    public static Diagnostic NoPolicyFile() => Error("BOLT2524", "this program has no trust policy file", "set BoltOptions.TrustFile");

    public static Diagnostic NoAttestation(string image, string type) => Error("BOLT2530",
        $"nobody has said `{type}` of `{image}`", "`bolt attest` says it with a key, or ask its maker to");

    public static Diagnostic WrongAttester(string image, string type, string keys) => Error("BOLT2531",
        $"what is said of `{image}` as `{type}` is not signed by {keys}", "check who attests it, and the rule: `bolt trust`");

    public static Diagnostic OtherSubject(string image, string digest) => Error("BOLT2532",
        $"what is said of `{image}` ({digest}) was said of another image or in another repository", "the attestation was moved, or the image altered: ask its maker");

    public static Diagnostic BadPredicate(string path, string reason) => Error("BOLT2533",
        $"`{path}` cannot be attested: {reason}", "name a JSON file, as `bolt build --sbom` and `--provenance` write it");

    public static Diagnostic NoPredicateType(string text, IEnumerable<string> known) => Error("BOLT2534",
        $"`{text}` is no predicate type", $"write one of {string.Join(", ", known)}, or a URI");

    private static Diagnostic Error(string code, string message, string? fix = null) => new(code, Severity.Error, message, null, fix);
}
