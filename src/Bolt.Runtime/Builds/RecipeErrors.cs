using Bolt.Diagnostics;

namespace Bolt.Builds;

/// <summary>What is said about recipes and the lock.</summary>
internal static class RecipeErrors
{
    public static Diagnostic LockUnreadable(string path, string reason) => Error("BOLT2201",
        $"cannot read `{path}`: {reason}", "restore it from version control, or delete it and run `bolt up` to resolve anew");

    public static Diagnostic LockNotWritten(string path, string reason) => Error("BOLT2202",
        $"cannot write `{path}`: {reason}", "make the folder writable; the lock keeps the next `bolt up` from changing anything");

    private static Diagnostic Error(string code, string message, string? fix) => new(code, Severity.Error, message, null, fix);
}
