using System.Collections.Immutable;
using System.Globalization;
using Bolt.Capsules;
using Bolt.Diagnostics;

namespace Bolt.Oci;

/// <summary>One file of a container's group. Written before the container joins.</summary>
/// <param name="What">The limit as config.json names it.</param>
/// <param name="Optional">A kernel without the file is as good.</param>
internal sealed record CgroupWrite(string Controller, string File, string Value, string What, bool Optional = false);

/// <summary>linux.resources as files (cgroup-v1/*.rst, cgroup-v2.rst). Pure.</summary>
internal static class CgroupLimits
{
    // As runc and crun: the default devices work, whatever the rules say, and nodes may be made, which opens nothing.
    public static readonly ImmutableArray<OciDeviceRule> AlwaysAllowed =
    [
        new(true, "c", null, null, "m"), new(true, "b", null, null, "m"),
        new(true, "c", 1, 3, "rwm"), new(true, "c", 1, 5, "rwm"), new(true, "c", 1, 7, "rwm"), new(true, "c", 1, 8, "rwm"), new(true, "c", 1, 9, "rwm"),
        new(true, "c", 5, 0, "rwm"), new(true, "c", 5, 2, "rwm"), new(true, "c", 136, null, "rwm"),
    ];

    public static ImmutableArray<CgroupWrite> Of(OciResources resources, bool unified, ImmutableArray<Diagnostic>.Builder findings)
    {
        var writes = ImmutableArray.CreateBuilder<CgroupWrite>();
        if (resources.Memory is { } memory)
            writes.AddRange(unified ? MemoryUnified(memory, findings) : Memory(memory));
        if (resources.Cpu is { } cpu)
            writes.AddRange(unified ? CpuUnified(cpu, findings) : Cpu(cpu));
        if (resources.Pids?.Limit is { } pids)
            writes.Add(new("pids", "pids.max", pids > 0 ? Text(pids) : "max", "pids.limit"));
        if (resources.BlockIo is { } io)
            writes.AddRange(unified ? CgroupIo.Unified(io) : CgroupIo.Of(io));
        foreach (var page in resources.HugepageLimits ?? [])
            writes.Add(new("hugetlb", unified ? $"hugetlb.{page.PageSize}.max" : $"hugetlb.{page.PageSize}.limit_in_bytes", Text(page.Limit), "hugepageLimits"));
        if (resources.Network is { } network)
            writes.AddRange(Network(network, unified, findings));
        foreach (var (device, limit) in resources.Rdma ?? ImmutableDictionary<string, OciRdma>.Empty)
            writes.Add(new("rdma", "rdma.max", $"{device} hca_handle={limit.HcaHandles?.ToString(CultureInfo.InvariantCulture) ?? "max"} hca_object={limit.HcaObjects?.ToString(CultureInfo.InvariantCulture) ?? "max"}", "rdma"));
        if (!unified && resources.Devices is { } devices)
            writes.AddRange(devices.Concat(AlwaysAllowed).Select(Device));
        foreach (var (file, value) in resources.Unified ?? ImmutableDictionary<string, string>.Empty)
        {
            if (!unified || file.Contains('/', StringComparison.Ordinal) || !file.Contains('.', StringComparison.Ordinal))
                findings.Add(OciErrors.Invalid($"linux.resources.unified.{file}", "needs a file of the unified hierarchy, and this host has none or it is none"));
            else
                writes.Add(new(file[..file.IndexOf('.', StringComparison.Ordinal)], file, value, "unified"));
        }
        return writes.ToImmutable();
    }

    /// <summary>A whole list of rules at once stays far below the kernel's own bounds.</summary>
    private static CgroupWrite Device(OciDeviceRule rule)
    {
        var type = rule.Type is null or "" ? "a" : rule.Type;
        var access = string.IsNullOrEmpty(rule.Access) ? "rwm" : rule.Access;
        var all = type == "a" && rule.Major is null or < 0 && rule.Minor is null or < 0 && access is "rwm";
        var value = all ? "a" : $"{type} {Number(rule.Major)}:{Number(rule.Minor)} {access}";
        return new("devices", rule.Allow ? "devices.allow" : "devices.deny", value, "devices");
    }

    private static string Number(long? number) => number is { } known and >= 0 ? Text(known) : "*";

    private static IEnumerable<CgroupWrite> Memory(OciMemory memory)
    {
        // No limit of memory can lie above one of memory and swap: without either, that goes first.
        if (memory is { Limit: -1, Swap: null or 0 or -1 })
            yield return new("memory", "memory.memsw.limit_in_bytes", "-1", "memory.swap", Optional: true);
        if (memory.Limit is { } limit and not 0)
            yield return new("memory", "memory.limit_in_bytes", Text(limit), "memory.limit");
        if (memory.Swap is { } swap and not 0)
            yield return new("memory", "memory.memsw.limit_in_bytes", Text(swap), "memory.swap");
        if (memory.Reservation is { } reservation and not 0)
            yield return new("memory", "memory.soft_limit_in_bytes", Text(reservation), "memory.reservation");
        if (memory.KernelTcp is { } tcp and not 0)
            yield return new("memory", "memory.kmem.tcp.limit_in_bytes", Text(tcp), "memory.kernelTCP", Optional: true);
        if (memory.Swappiness is { } swappiness)
            yield return new("memory", "memory.swappiness", Text(swappiness), "memory.swappiness");
        if (memory.DisableOomKiller is true)
            yield return new("memory", "memory.oom_control", "1", "memory.disableOOMKiller");
    }

    private static IEnumerable<CgroupWrite> MemoryUnified(OciMemory memory, ImmutableArray<Diagnostic>.Builder findings)
    {
        if (memory.Limit is { } limit and not 0)
            yield return new("memory", "memory.max", Max(limit), "memory.limit");
        if (memory.Reservation is { } reservation and not 0)
            yield return new("memory", "memory.low", Max(reservation), "memory.reservation");
        if (memory.Swap is { } swap and not 0)
        {
            // Version 1 counts memory and swap together, version 2 swap alone.
            if (swap > 0 && memory.Limit is not > 0)
                findings.Add(OciErrors.Invalid("linux.resources.memory.swap", "needs a `limit` to be counted from"));
            else if (swap > 0 && swap < memory.Limit)
                findings.Add(OciErrors.Invalid("linux.resources.memory.swap", "is less than `limit`, which it includes"));
            else
                yield return new("memory", "memory.swap.max", swap < 0 ? "max" : Text(swap - memory.Limit!.Value), "memory.swap", Optional: swap < 0);
        }
    }

    private static IEnumerable<CgroupWrite> Cpu(OciCpu cpu)
    {
        if (cpu.Shares is { } shares and not 0)
            yield return new("cpu", "cpu.shares", Text(shares), "cpu.shares");
        if (cpu.Period is { } period and not 0)
            yield return new("cpu", "cpu.cfs_period_us", Text(period), "cpu.period");
        if (cpu.Quota is { } quota and not 0)
            yield return new("cpu", "cpu.cfs_quota_us", Text(quota), "cpu.quota");
        if (cpu.Burst is { } burst)
            yield return new("cpu", "cpu.cfs_burst_us", Text(burst), "cpu.burst");
        if (cpu.RealtimePeriod is { } realtimePeriod and not 0)
            yield return new("cpu", "cpu.rt_period_us", Text(realtimePeriod), "cpu.realtimePeriod");
        if (cpu.RealtimeRuntime is { } realtime and not 0)
            yield return new("cpu", "cpu.rt_runtime_us", Text(realtime), "cpu.realtimeRuntime");
        if (cpu.Idle is { } idle)
            yield return new("cpu", "cpu.idle", Text(idle), "cpu.idle");
        if (!string.IsNullOrEmpty(cpu.Cpus))
            yield return new("cpuset", "cpuset.cpus", cpu.Cpus, "cpu.cpus");
        if (!string.IsNullOrEmpty(cpu.Mems))
            yield return new("cpuset", "cpuset.mems", cpu.Mems, "cpu.mems");
    }

    private static IEnumerable<CgroupWrite> CpuUnified(OciCpu cpu, ImmutableArray<Diagnostic>.Builder findings)
    {
        if (cpu.Shares is { } shares and not 0)
            yield return new("cpu", "cpu.weight", Text(CgroupFiles.CpuWeight(shares)), "cpu.shares");
        if (cpu.Quota is { } quota and not 0 || cpu.Period is not (null or 0))
            yield return new("cpu", "cpu.max", $"{(cpu.Quota is { } known and > 0 ? Text(known) : "max")} {Text(cpu.Period is { } p and not 0 ? p : 100_000)}", "cpu.quota");
        if (cpu.Burst is { } burst)
            yield return new("cpu", "cpu.max.burst", Text(burst), "cpu.burst");
        if (cpu.RealtimePeriod is not (null or 0) || cpu.RealtimeRuntime is not (null or 0))
            findings.Add(OciErrors.NoController("cpu (version 1)", "cpu.realtimeRuntime"));
        if (cpu.Idle is { } idle)
            yield return new("cpu", "cpu.idle", Text(idle), "cpu.idle");
        if (!string.IsNullOrEmpty(cpu.Cpus))
            yield return new("cpuset", "cpuset.cpus", cpu.Cpus, "cpu.cpus");
        if (!string.IsNullOrEmpty(cpu.Mems))
            yield return new("cpuset", "cpuset.mems", cpu.Mems, "cpu.mems");
    }

    private static IEnumerable<CgroupWrite> Network(OciNetworkClass network, bool unified, ImmutableArray<Diagnostic>.Builder findings)
    {
        if (unified && (network.ClassId is not null || network.Priorities is { Count: > 0 }))
        {
            findings.Add(OciErrors.NoController("net_cls or net_prio (version 1)", "network"));
            yield break;
        }
        if (network.ClassId is { } id)
            yield return new("net_cls", "net_cls.classid", Text(id), "network.classID");
        foreach (var priority in network.Priorities ?? [])
            yield return new("net_prio", "net_prio.ifpriomap", $"{priority.Name} {Text(priority.Priority)}", "network.priorities");
    }

    private static string Max(long value) => value < 0 ? "max" : Text(value);

    private static string Text(IFormattable number) => number.ToString(null, CultureInfo.InvariantCulture);
}
