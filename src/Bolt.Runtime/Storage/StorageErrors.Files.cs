using System.Globalization;
using Bolt.Diagnostics;
using Bolt.Kernel;
using Bolt.Launch;

namespace Bolt.Storage;

internal static partial class StorageErrors
{
    /// <summary>bolt-shim could not be started at all.</summary>
    public static Diagnostic FilesShimMissing(string path, string reason) => new(
        "BOLT3901", Severity.Error, $"cannot start `{path}`: {reason}",
        Fix: "reinstall Bolt, or point BOLT_SHIM to an executable bolt-shim");

    /// <summary>bolt-shim ended without an answer.</summary>
    public static Diagnostic FilesShimDied(string path, int exitCode) => new(
        "BOLT3902", Severity.Error, string.Create(CultureInfo.InvariantCulture, $"`{path} files` ended with {exitCode} and no answer"));

    /// <summary>One file operation failed.</summary>
    public static Diagnostic FilesFailed(ShimReport report) => new(
        "BOLT3903", Severity.Error,
        report.Argument.Length == 0 ? $"{report.Step}: {report.Errno.Text()}" : $"{report.Step} `{report.Argument}`: {report.Errno.Text()}",
        Fix: FilesFix(report));

    private static string? FilesFix(ShimReport report) => (report.Step, report.Errno) switch
    {
        ("set owner and mode", Errno.EINVAL) =>
            "the file's owner is above the subordinate ids of this user: give it at least 65536 in /etc/subuid and /etc/subgid",
        ("user namespace", _) => "let ordinary users make user namespaces: bolt doctor says how",
        ("id-map", _) => "check newuidmap, newgidmap, /etc/subuid and /etc/subgid: bolt doctor says how",
        (_, Errno.ENOSPC) => "free some space",
        _ => null,
    };
}
