using System.Collections.Immutable;
using Bolt.Capsules;
using Bolt.Diagnostics;

namespace Bolt.Oci;

/// <summary>What of a config.json cannot be meant, or cannot be had on this host. Pure.</summary>
internal static class OciCheck
{
    private static readonly string[] NamespaceTypes = ["pid", "network", "mount", "ipc", "uts", "user", "cgroup", "time"];

    public static ImmutableArray<Diagnostic> Of(OciConfig config, OciHost host)
    {
        var findings = ImmutableArray.CreateBuilder<Diagnostic>();
        if (config.OciVersion is not { } version || !version.StartsWith("1.", StringComparison.Ordinal))
            findings.Add(OciErrors.Invalid("ociVersion", $"is `{config.OciVersion}`; this runtime knows 1.x"));
        if (string.IsNullOrEmpty(config.Root?.Path))
            findings.Add(OciErrors.Invalid("root.path", "is missing"));
        if (config.Linux is null)
            findings.Add(OciErrors.Invalid("linux", "is missing"));
        if (config.Process is { } process)
            Process(process, host, findings);
        foreach (var (mount, i) in (config.Mounts ?? []).Select((mount, i) => (mount, i)))
            Mount(mount, i, findings);
        if (config.Linux is { } linux)
            Linux(linux, config, host, findings);
        return findings.ToImmutable();
    }

    public static void Process(OciProcess process, OciHost host, ImmutableArray<Diagnostic>.Builder findings)
    {
        if (process.Args is not { Count: > 0 })
            findings.Add(OciErrors.Invalid("process.args", "is empty"));
        if (process.Cwd?.StartsWith('/') != true)
            findings.Add(OciErrors.Invalid("process.cwd", "is no absolute path"));
        foreach (var entry in process.Env ?? [])
            if (entry.IndexOf('=', StringComparison.Ordinal) <= 0 || entry.Contains('\0', StringComparison.Ordinal))
                findings.Add(OciErrors.Invalid("process.env", $"has `{entry}`, which is no NAME=VALUE"));
        var limits = new HashSet<string>(StringComparer.Ordinal);
        foreach (var limit in process.Rlimits ?? [])
            if (ProcessNames.Limit(limit.Type) is null || !limits.Add(limit.Type!))
                findings.Add(OciErrors.Invalid("process.rlimits", $"has `{limit.Type}`, which is unknown or there twice"));
        if (process.OomScoreAdj is < -1000 or > 1000)
            findings.Add(OciErrors.Invalid("process.oomScoreAdj", "is not between -1000 and 1000"));
        if (process.Scheduler is { } scheduler && ProcessNames.Policy(scheduler.Policy) is null)
            findings.Add(OciErrors.Invalid("process.scheduler.policy", $"is `{scheduler.Policy}`, which is none"));
        foreach (var flag in process.Scheduler?.Flags ?? [])
            if (ProcessNames.SchedulerFlag(flag) is null)
                findings.Add(OciErrors.Invalid("process.scheduler.flags", $"has `{flag}`, which is none"));
        if (process.IoPriority is { } io && (ProcessNames.IoClass(io.Kind) is null || io.Priority is < 0 or > 7))
            findings.Add(OciErrors.Invalid("process.ioPriority", $"has the class `{io.Kind}` and priority {io.Priority}; priorities are 0 to 7"));
        if (process.ApparmorProfile is not (null or "" or "unconfined") && !host.Apparmor)
            findings.Add(OciErrors.Lacking("AppArmor, which `process.apparmorProfile` asks for", "boot with apparmor=1, or remove the profile"));
        if (!string.IsNullOrEmpty(process.SelinuxLabel) && !host.Selinux)
            findings.Add(OciErrors.Lacking("SELinux, which `process.selinuxLabel` asks for", "enable SELinux, or remove the label"));
        foreach (var list in (ReadOnlySpan<string?>)[process.ExecCpuAffinity?.Initial, process.ExecCpuAffinity?.Final])
            if (ProcessNames.Processors(list) is null)
                findings.Add(OciErrors.Invalid("process.execCPUAffinity", $"has `{list}`, which is no list of processors such as `0-3,7`"));
        foreach (var (name, set) in ProcessNames.Sets(process.Capabilities))
        {
            _ = CapabilitySet.Of([.. set], out var unknown);
            // config.md: what cannot be granted is no failure.
            if (unknown is not null)
                findings.Add(OciErrors.Invalid($"process.capabilities.{name}", $"has `{unknown}`, which does not exist") with { Severity = Severity.Warning });
        }
    }

    private static void Mount(OciMount mount, int index, ImmutableArray<Diagnostic>.Builder findings)
    {
        var field = $"mounts[{index}]";
        if (string.IsNullOrEmpty(mount.Destination) || mount.Destination.Contains('\0', StringComparison.Ordinal))
            findings.Add(OciErrors.Invalid(field + ".destination", "is missing"));
        var options = MountOptions.Of(mount.Options ?? []);
        var mapped = mount.UidMappings is { Count: > 0 } || mount.GidMappings is { Count: > 0 };
        if ((mapped || options.IdMap) && !OciMounts.IsBind(mount, options))
            findings.Add(OciErrors.Invalid(field + ".uidMappings", "are for bind mounts alone"));
        if (mapped && (mount.UidMappings is not { Count: > 0 } || mount.GidMappings is not { Count: > 0 }))
            findings.Add(OciErrors.Invalid(field + ".uidMappings", "and gidMappings come together"));
        if (OciMounts.IsBind(mount, options) && string.IsNullOrEmpty(mount.Source))
            findings.Add(OciErrors.Invalid(field + ".source", "is missing"));
    }

    private static void Linux(OciLinux linux, OciConfig config, OciHost host, ImmutableArray<Diagnostic>.Builder findings)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var space in linux.Namespaces ?? [])
        {
            if (!NamespaceTypes.Contains(space.Type) || !seen.Add(space.Type!))
                findings.Add(OciErrors.Invalid("linux.namespaces", $"has `{space.Type}`, which is unknown or there twice"));
            if (space is { Path: { Length: > 0 } path } && !path.StartsWith('/'))
                findings.Add(OciErrors.Invalid("linux.namespaces", $"has the path `{path}`, which is not absolute"));
        }
        var mounts = linux.Namespaces?.FirstOrDefault(n => n.Type == "mount");
        if (mounts is null || !string.IsNullOrEmpty(mounts.Path))
            findings.Add(OciErrors.Invalid("linux.namespaces", "needs a new mount namespace: a container does not change the mounts of others"));
        if (!string.IsNullOrEmpty(config.Hostname) && !seen.Contains("uts"))
            findings.Add(OciErrors.Invalid("hostname", "needs a uts namespace"));
        if (!string.IsNullOrEmpty(config.Domainname) && !seen.Contains("uts"))
            findings.Add(OciErrors.Invalid("domainname", "needs a uts namespace"));
        var user = linux.Namespaces?.FirstOrDefault(n => n.Type == "user");
        var newUser = user is not null && string.IsNullOrEmpty(user.Path);
        if (newUser && (linux.UidMappings is not { Count: > 0 } || linux.GidMappings is not { Count: > 0 }))
            findings.Add(OciErrors.Invalid("linux.uidMappings", "and gidMappings are missing for the user namespace"));
        if (linux.TimeOffsets is { Count: > 0 } && !seen.Contains("time"))
            findings.Add(OciErrors.Invalid("linux.timeOffsets", "need a time namespace"));
        foreach (var clock in linux.TimeOffsets?.Keys ?? [])
            if (clock is not ("monotonic" or "boottime"))
                findings.Add(OciErrors.Invalid("linux.timeOffsets", $"has `{clock}`; there are monotonic and boottime"));
        foreach (var key in linux.Sysctl?.Keys ?? [])
            if (SysctlProblem(key, seen) is { } problem)
                findings.Add(OciErrors.Invalid($"linux.sysctl.{key}", problem));
        if (linux.RootfsPropagation is { Length: > 0 } propagation && MountOptions.PropagationOf(propagation) is null)
            findings.Add(OciErrors.Invalid("linux.rootfsPropagation", $"is `{propagation}`, which is none"));
        if (linux.IntelRdt is { ValueKind: not System.Text.Json.JsonValueKind.Null })
            findings.Add(OciErrors.Lacking("what `linux.intelRdt` needs: this runtime does not speak to resctrl", "remove `linux.intelRdt`"));
        if (linux.NetDevices is { ValueKind: not System.Text.Json.JsonValueKind.Null })
            findings.Add(OciErrors.Invalid("linux.netDevices", "would move network devices into the container, which this runtime does not do; have its network made by whoever starts it"));
        if (linux.MemoryPolicy is { ValueKind: not System.Text.Json.JsonValueKind.Null })
            findings.Add(OciErrors.Invalid("linux.memoryPolicy", "is of runtime-spec 1.3, and this runtime does not set it; `linux.resources.cpu.mems` names memory nodes"));
        if (!string.IsNullOrEmpty(linux.MountLabel) && !host.Selinux)
            findings.Add(OciErrors.Lacking("SELinux, which `linux.mountLabel` asks for", "enable SELinux, or remove the label"));
        if (linux.Personality is { } personality && ProcessNames.Personality(personality.Domain) is null)
            findings.Add(OciErrors.Invalid("linux.personality.domain", $"is `{personality.Domain}`; there are LINUX and LINUX32"));
        foreach (var device in linux.Devices ?? [])
            if (device.Path?.StartsWith('/') != true || device.Type is not ("c" or "b" or "u" or "p"))
                findings.Add(OciErrors.Invalid("linux.devices", $"has `{device.Path}` of type `{device.Type}`, which cannot be made"));
    }

    /// <summary>Rules that no hierarchy could hold.</summary>
    public static void Devices(OciResources? resources, ImmutableArray<Diagnostic>.Builder findings)
    {
        foreach (var rule in resources?.Devices ?? [])
            if (rule.Type is not (null or "" or "a" or "b" or "c" or "u") || rule.Major > int.MaxValue || rule.Minor > int.MaxValue
                || rule.Access?.All(letter => letter is 'r' or 'w' or 'm') == false)
                findings.Add(OciErrors.Invalid("linux.resources.devices", $"has a rule for `{rule.Type} {rule.Major}:{rule.Minor} {rule.Access}`, which cannot be meant"));
    }

    // What is not a namespace's own would change the host.
    private static string? SysctlProblem(string key, HashSet<string> namespaces)
    {
        var dotted = key.Replace('/', '.');
        if (dotted.StartsWith("net.", StringComparison.Ordinal))
            return namespaces.Contains("network") ? null : "needs a network namespace: it would be the host's";
        if (dotted.StartsWith("fs.mqueue.", StringComparison.Ordinal) || dotted is "kernel.msgmax" or "kernel.msgmnb" or "kernel.msgmni" or "kernel.sem"
            or "kernel.shmall" or "kernel.shmmax" or "kernel.shmmni" or "kernel.shm_rmid_forced")
            return namespaces.Contains("ipc") ? null : "needs an ipc namespace: it would be the host's";
        if (dotted is "kernel.domainname")
            return namespaces.Contains("uts") ? null : "needs a uts namespace: it would be the host's";
        if (dotted is "kernel.hostname")
            return "is written as `hostname`";
        return dotted.StartsWith("user.", StringComparison.Ordinal) && namespaces.Contains("user") ? null : "belongs to the whole host";
    }
}
