using System.Collections.Immutable;
using System.Globalization;
using Bolt.Capsules;
using Bolt.Diagnostics;

namespace Bolt.Oci;

/// <summary>What `--systemd-cgroup` makes of a config.json: a scope, and the limits that systemd must know of. Pure.</summary>
internal static class SystemdUnit
{
    /// <summary>The scope of a container, as runc names it. <paramref name="path"/>: slice:prefix:name, or empty.</summary>
    public static ScopeSpec Of(string? path, string id, bool root)
    {
        var parts = string.IsNullOrEmpty(path) ? ["", "bolt", id] : path.Split(':');
        if (parts.Length != 3 || parts[2].Length == 0 || parts.Any(part => part.Contains('/', StringComparison.Ordinal)))
            throw new BoltException(OciErrors.Invalid("linux.cgroupsPath", $"is `{path}`; with `--systemd-cgroup` it is `slice:prefix:name`"));
        var slice = parts[0].Length > 0 ? parts[0] : root ? "system.slice" : "user.slice";
        if (!slice.EndsWith(".slice", StringComparison.Ordinal))
            throw new BoltException(OciErrors.Invalid("linux.cgroupsPath", $"names `{slice}`, which is no slice"));
        return new ScopeSpec((parts[1].Length > 0 ? parts[1] + "-" : "") + parts[2] + ".scope", "Bolt container " + id) { Slice = slice };
    }

    /// <summary>
    /// Those limits that systemd writes itself whenever it reloads: without knowing of them it would take them away. The
    /// others it leaves alone in a scope that it has given away.
    /// </summary>
    public static ImmutableArray<(string Name, ulong Value)> Limits(IEnumerable<CgroupWrite> writes)
    {
        var limits = ImmutableArray.CreateBuilder<(string, ulong)>();
        foreach (var write in writes)
        {
            switch (write.File)
            {
                case "memory.max": limits.Add(("MemoryMax", Number(write.Value))); break;
                case "memory.low": limits.Add(("MemoryLow", Number(write.Value))); break;
                case "memory.swap.max": limits.Add(("MemorySwapMax", Number(write.Value))); break;
                case "cpu.weight": limits.Add(("CPUWeight", Number(write.Value))); break;
                case "pids.max": limits.Add(("TasksMax", Number(write.Value))); break;
                case "cpu.max" when write.Value.Split(' ') is [var quota, var period]:
                    limits.Add(("CPUQuotaPeriodUSec", Number(period)));
                    limits.Add(("CPUQuotaPerSecUSec", quota == "max" ? ulong.MaxValue : Number(quota) * 1_000_000 / Number(period)));
                    break;
            }
        }
        return limits.ToImmutable();
    }

    private static ulong Number(string text) => text == "max" ? ulong.MaxValue : ulong.Parse(text, CultureInfo.InvariantCulture);
}
