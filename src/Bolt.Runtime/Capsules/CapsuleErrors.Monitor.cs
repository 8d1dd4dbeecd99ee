using System.Globalization;
using Bolt.Diagnostics;
using Bolt.Kernel;
using Bolt.Launch;

namespace Bolt.Capsules;

internal static partial class CapsuleErrors
{
    /// <summary>bolt-shim could not be started at all.</summary>
    public static Diagnostic ShimMissing(string path, string reason) => new(
        "BOLT5101", Severity.Error, $"cannot start `{path}`: {reason}",
        Fix: "reinstall Bolt, or point BOLT_SHIM to an executable bolt-shim");

    /// <summary>bolt-shim ended before it said whether the capsule runs.</summary>
    public static Diagnostic ShimDied(string id) => new(
        "BOLT5102", Severity.Error, $"start capsule `{id}`: its monitor ended without an answer");

    /// <summary>The shim did not get as far as the launch, or a step of it failed.</summary>
    public static Diagnostic StartFailed(string id, ShimReport report) => (report.Step, report.Errno) switch
    {
        ("claim the folder", Errno.EAGAIN) => new(
            "BOLT5103", Severity.Error, $"start capsule `{id}`: one already runs in `{report.Argument}`", Fix: "stop that one first"),
        ("claim the folder" or "listen on the control socket", _) => new(
            "BOLT5104", Severity.Error, $"start capsule `{id}`: {report.Step} `{report.Argument}`: {report.Errno.Text()}"),
        _ => StepFailed(id, report.Step, report.Argument, report.Errno),
    };

    /// <summary>Its folder cannot be made.</summary>
    public static Diagnostic FolderFailed(string folder, string reason) => new(
        "BOLT5105", Severity.Error, $"make folder `{folder}`: {reason}");

    /// <summary>Its monitor does not answer as a monitor does.</summary>
    public static Diagnostic MonitorSilent(string folder, string reason) => new(
        "BOLT5106", Severity.Error, $"the monitor of the capsule in `{folder}` does not answer: {reason}");

    /// <summary>Its monitor was killed; the kernel killed the capsule with it.</summary>
    public static Diagnostic MonitorDied(string id) => new(
        "BOLT5107", Severity.Error, $"capsule `{id}` ended because its monitor was killed",
        Fix: "see the kernel's log for the out-of-memory killer (dmesg)");

    /// <summary>A request came when the capsule had already ended.</summary>
    public static Diagnostic NotRunning(string id) => new(
        "BOLT5108", Severity.Error, $"capsule `{id}` does not run");

    /// <summary>A command could not be put into the capsule.</summary>
    public static Diagnostic ExecFailed(string id, MonitorMessage.Failed failed) => new(
        "BOLT5109", Severity.Error, $"run a command in capsule `{id}`",
        Cause: StepFailed(id, failed.Step, failed.Argument, (Errno)failed.Errno));

    /// <summary>A request is longer than a packet.</summary>
    public static Diagnostic RequestTooLong(string id) => new(
        "BOLT5110", Severity.Error,
        string.Create(CultureInfo.InvariantCulture, $"command and environment for capsule `{id}` are longer than {MonitorMessage.MaxBytes} bytes"),
        Fix: "pass the data in a file or on standard input");

    /// <summary>Not all of its processes stand still.</summary>
    public static Diagnostic NotPaused(string id, string why) => new(
        "BOLT5120", Severity.Error, $"capsule `{id}` cannot be paused: {why}");

    /// <summary>It would never answer.</summary>
    public static Diagnostic Paused(string id) => new(
        "BOLT5121", Severity.Error, $"capsule `{id}` is paused", Fix: "let it go on with `bolt unpause`");

    /// <summary>The kernel refuses a group, or a limit of one.</summary>
    public static Diagnostic GroupRefused(string id, string what, string why) => new(
        "BOLT5122", Severity.Error, $"limit capsule `{id}`: {what}: {why}");

    /// <summary>It was started without a group, and can be given none now.</summary>
    public static Diagnostic NoNewGroup(string id, string controller, bool root) => NoController(id, controller, root, bestEffort: false) with
    {
        Message = $"capsule `{id}` runs without a cgroup for {controller}, and this host gives it none now",
        Fix = "write the limit in the Boltfile and run `bolt up`: a capsule that starts with limits gets its group then",
    };

    /// <summary>The line that a shell prints too when a command is not there or not executable.</summary>
    public static string CommandNotRun(string command, Errno errno) => $"bolt: {command}: {errno.Text()}\n";
}
