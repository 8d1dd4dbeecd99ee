using System.Collections.Immutable;
using System.Globalization;
using Bolt.Capsules;
using Bolt.Launch;

namespace Bolt.Oci;

/// <summary>Steps of the process that is executed, of a container and of an exec. Their order is forced in most places.</summary>
internal static class OciService
{
    /// <summary>With <paramref name="listener"/>: it awaits the container's start there.</summary>
    public static IEnumerable<LaunchStep> Steps(
        OciProcess process, OciLaunchRequest request, SeccompRules? seccomp, ImmutableArray<LaunchStep> label, int? listener, ImmutableArray<LaunchStep> startHooks, OciPersonality? personality)
    {
        var (bounding, effective, permitted, inheritable, ambient) = Capabilities(process.Capabilities);
        var user = process.User ?? new OciUser();
        foreach (var limit in process.Rlimits ?? [])
            yield return new(LaunchOperation.ExactLimit, limit.Type!, X: ProcessNames.Limit(limit.Type)!.Value, Y: (long)limit.Soft, Z: (long)limit.Hard);
        yield return new(LaunchOperation.Streams);
        yield return new(LaunchOperation.Session);
        if (!request.NoNewKeyring)
            yield return new(LaunchOperation.Keyring);
        foreach (var step in Scheduling(process))
            yield return step;
        if (personality is not null)
            yield return new(LaunchOperation.Personality, X: ProcessNames.Personality(personality.Domain)!.Value);
        yield return new(LaunchOperation.FileMask, X: user.Umask ?? 0b010_010);
        // By the container's own passwd(5).
        yield return new(LaunchOperation.Home, X: user.Uid);
        yield return new(LaunchOperation.Ids, string.Join(',', user.AdditionalGids ?? []), X: user.Uid, Y: user.Gid);
        yield return new(LaunchOperation.StreamOwners);
        // While it still may; the rest of the sets only after the last change of ids.
        yield return new(LaunchOperation.BoundingSet, X: (long)bounding);
        yield return new(LaunchOperation.KeepCapabilities);
        yield return new(LaunchOperation.Identity);
        yield return new(LaunchOperation.RaiseCapabilities);
        yield return new(LaunchOperation.WorkingFolder, process.Cwd!);
        yield return new(LaunchOperation.CheckFolder, process.Cwd!);
        yield return new(LaunchOperation.Locate, process.Args![0]);
        if (listener is { } slot)
            yield return new(LaunchOperation.WaitStart, X: slot);
        foreach (var hook in startHooks)
            yield return hook;
        foreach (var step in label)
            yield return step;
        yield return new(LaunchOperation.Descriptors, X: 3 + request.Preserved);
        // Without no_new_privs a filter needs CAP_SYS_ADMIN; with it, it comes last, so that it judges as little as possible of
        // this process's own calls.
        if (seccomp is not null && !process.NoNewPrivileges)
        {
            yield return new(LaunchOperation.Announce);
            yield return new(LaunchOperation.FilterWith, X: seccomp.Flags, Y: seccomp.Notify ? 1 : 0);
        }
        yield return new(LaunchOperation.CapabilitySets, X: (long)effective, Y: (long)permitted, Z: (long)inheritable);
        yield return new(LaunchOperation.Ambient, X: (long)ambient);
        if (process.NoNewPrivileges)
            yield return new(LaunchOperation.NoNewPrivileges);
        if (seccomp is null || process.NoNewPrivileges)
            yield return new(LaunchOperation.Announce);
        if (seccomp is not null && process.NoNewPrivileges)
            yield return new(LaunchOperation.FilterWith, X: seccomp.Flags, Y: seccomp.Notify ? 1 : 0);
        yield return new(LaunchOperation.ExecuteNow, process.Args![0]);
    }

    public static ImmutableArray<string> Environment(OciProcess process, OciLaunchRequest request) =>
    [
        .. process.Env ?? [],
        .. request.ListenFds ? (ReadOnlySpan<string>)["LISTEN_FDS=" + request.Preserved.ToString(CultureInfo.InvariantCulture), "LISTEN_PID=1"] : [],
    ];

    /// <summary>How an AppArmor profile or an SELinux label gets to the process: opened while the host's /proc is in sight.</summary>
    public static (ImmutableArray<LaunchStep> Open, ImmutableArray<LaunchStep> Write) Label(OciProcess process, OciHost host, Func<int> takeSlot)
    {
        var (file, text) = (process.SelinuxLabel, process.ApparmorProfile) switch
        {
            ({ Length: > 0 } label, _) when host.Selinux => ("/proc/self/attr/exec", label),
            (_, { Length: > 0 } profile) when host.Apparmor && profile != "unconfined" =>
                (Directory.Exists("/proc/self/attr/apparmor") ? "/proc/self/attr/apparmor/exec" : "/proc/self/attr/exec", "exec " + profile),
            _ => ("", ""),
        };
        if (file.Length == 0)
            return ([], []);
        var slot = takeSlot();
        return ([new(LaunchOperation.LabelFile, file, X: slot)], [new(LaunchOperation.Label, text, X: slot)]);
    }

    private static IEnumerable<LaunchStep> Scheduling(OciProcess process)
    {
        if (process.Scheduler is { } scheduler)
        {
            var flags = (scheduler.Flags ?? []).Aggregate(0U, (sum, flag) => sum | ProcessNames.SchedulerFlag(flag)!.Value);
            yield return new(LaunchOperation.SchedulerTimes, X: scheduler.Runtime, Y: scheduler.Deadline, Z: scheduler.Period);
            yield return new(LaunchOperation.Scheduler, X: ProcessNames.Policy(scheduler.Policy)!.Value | (long)flags << 32, Y: scheduler.Nice, Z: scheduler.Priority);
        }
        if (process.IoPriority is { } io)
            yield return new(LaunchOperation.IoPriority, X: ProcessNames.IoClass(io.Kind)!.Value << 13 | io.Priority);
    }

    // A config.json without capabilities means none.
    private static (ulong Bounding, ulong Effective, ulong Permitted, ulong Inheritable, ulong Ambient) Capabilities(OciCapabilities? sets) =>
        (Bits(sets?.Bounding), Bits(sets?.Effective), Bits(sets?.Permitted), Bits(sets?.Inheritable), Bits(sets?.Ambient));

    private static ulong Bits(IReadOnlyList<string>? names) => CapabilitySet.Of([.. names ?? []], out _);
}
