using Bolt.Diagnostics;

namespace Bolt.Builds;

/// <summary>What is said about entries of bolt.lock, and about the folder that keeps what they pin.</summary>
internal static class LockErrors
{
    /// <summary>The bytes at an address are not those that are pinned.</summary>
    public const string SourceChangedCode = "BOLT2235";

    public static Diagnostic Missing(string path, string entry) => Error("BOLT2230",
        $"`{entry}` is not in `{path}`, and nothing may be resolved anew", "run `bolt lock`, look at what it adds, and commit bolt.lock");

    public static Diagnostic Stale(string path, string entry) => Error("BOLT2231",
        $"the entry `{entry}` in `{path}` was made for something else, and nothing may be resolved anew", "run `bolt lock`, look at what it changes, and commit bolt.lock");

    public static Diagnostic NoLock(string folder) => Error("BOLT2232",
        $"there is no bolt.lock in `{folder}`, nor beside a Boltfile above", "run `bolt lock` there, and commit bolt.lock");

    public static Diagnostic LocalImage(string reference) => Error("BOLT2233",
        $"`{reference}` was made on this machine and comes from no registry: bolt.lock cannot pin it",
        "push it and name it by its registry, or let the Boltfile build it (`build = \"./folder\"`)");

    public static Diagnostic NoEntry(string path, string name, IEnumerable<string> known) => Error("BOLT2234",
        $"`{name}` is no service and no entry of `{path}`", $"write one of {string.Join(", ", known.Select(k => $"`{k}`"))}");

    public static Diagnostic SourceChanged(string address, string locked) => Error(SourceChangedCode,
        $"what lies at `{address}` now is not what bolt.lock pins, {locked}", $"look whether the change is meant; `bolt lock --update {address}` takes it");

    public static Diagnostic LinkedVendor(string path) => Error("BOLT2236",
        $"`{path}` is a link, and `bolt vendor` deletes what does not belong there", "remove the link, or name another folder with --output");

    private static Diagnostic Error(string code, string message, string? fix) => new(code, Severity.Error, message, null, fix);
}
