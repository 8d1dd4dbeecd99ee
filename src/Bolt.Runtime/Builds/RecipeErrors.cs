using Bolt.Diagnostics;

namespace Bolt.Builds;

/// <summary>What is said about recipes and the lock.</summary>
internal static class RecipeErrors
{
    public static Diagnostic LockUnreadable(string path, string reason) => Error("BOLT2201",
        $"cannot read `{path}`: {reason}", "restore it from version control, or delete it and run `bolt up` to resolve anew");

    public static Diagnostic LockNotWritten(string path, string reason) => Error("BOLT2202",
        $"cannot write `{path}`: {reason}", "make the folder writable; the lock keeps the next `bolt up` from changing anything");

    public static Diagnostic NoRecipe(string name, IEnumerable<string> known) => Error("BOLT2203",
        $"there is no recipe `{name}`", $"write one of {string.Join(", ", known)}, or the path of a `.capsule.toml` of your own");

    public static Diagnostic RecipeUnreadable(string path, string reason) => Error("BOLT2204",
        $"cannot read the recipe `{path}`: {reason}", "correct the path in the Boltfile");

    public static Diagnostic BadUserName(SourceSpan at, string name) => Error("BOLT2205",
        $"`{name}` is no user name", "write at most 32 letters, digits, `-` and `_`", at);

    public static Diagnostic UnknownOwner(SourceSpan at, string owner, IEnumerable<string> known) => Error("BOLT2206",
        $"`{owner}` names no user of this recipe", $"write one of {string.Join(", ", known)}, add it to `[[users]]`, or write numbers", at);

    public static Diagnostic BadPath(SourceSpan at, string path) => Error("BOLT2207",
        $"`{path}` is no absolute path inside the capsule", "write it from `/`, without `..`", at);

    public static Diagnostic OneContent(SourceSpan at, string path) => Error("BOLT2208",
        $"the file `{path}` needs either `content` or `concat`", "write `content = \"…\"`", at);

    public static Diagnostic LayerDiffers(string who, string locked, string built) => Error("BOLT2209",
        $"the packages that the lock of `{who}` names give the layer {built}, not {locked}",
        $"remove the entry of `{who}` from bolt.lock and run `bolt up`; a newer Bolt may lay out a layer differently");

    public static Diagnostic TemplateFailed(string who, string how, string output) => Error("BOLT2210",
        $"cannot prepare the data folder of `{who}`: its initialize program {how}", output.Length == 0 ? null : $"it said: {output}");

    public static Diagnostic FileTagged(string file, string tag) => Error("BOLT2211",
        $"`{tag}` cannot be chosen for `{file}`", "write the version into the recipe");

    public static Diagnostic NoPackageName(SourceSpan at, string key, string text) => Error("BOLT2212",
        $"`{text}` in `{key}` names no package", "write a package's name, or alternatives like `libssl3t64 | libssl3`", at);

    public static Diagnostic NoProgram(SourceSpan at, string key) => Error("BOLT2213",
        $"`{key}` names no program", $"write `{key} = [\"/path/of/program\"]`, or remove it", at);

    public static Diagnostic UnknownUser(SourceSpan at, string user, IEnumerable<string> known) => Error("BOLT2214",
        $"`{user}` names no user of this recipe", $"write one of {string.Join(", ", known)}, add it to `[[users]]`, or write numbers", at);

    public static Diagnostic UnknownPlaceholder(SourceSpan at, string key, string found, IEnumerable<string> known) => Error("BOLT2215",
        $"`{found}` in `{key}` stands for nothing", $"write one of {string.Join(", ", known)}", at);

    public static Diagnostic EmptyLine(SourceSpan at) => Error("BOLT2216",
        "every line contains the empty text", "write a text that only the ready service says", at);

    public static Diagnostic PackagesNeedIds(string who) => Error("BOLT9510",
        $"the packages of `{who}` cannot be configured with one id: their scripts hand files to users of the system",
        "give your user a range of ids in /etc/subuid and /etc/subgid; `bolt doctor` says how");

    public static Diagnostic PackagesNotConfigured(string who, string how, IEnumerable<string> output) => Error("BOLT2218",
        $"the packages of `{who}` cannot be configured: dpkg {how}", string.Join('\n', output.Prepend("it said:")));

    private static Diagnostic Error(string code, string message, string? fix, SourceSpan? at = null) => new(code, Severity.Error, message, at, fix);
}
