using System.Globalization;
using Bolt.Capsules;
using Bolt.Kernel;
using Bolt.Launch;

namespace Bolt.Surge;

/// <summary>What the kernel counts of a service, in the words of `top` and `stats`.</summary>
internal static class ServiceFigures
{
    public static IEnumerable<ServiceProcess> Processes(string service, Capsule capsule)
    {
        var users = CapsuleProcesses.Users(capsule.Pid);
        // Of one boot time all processes' starts are counted (proc_pid_stat(5), proc_uptime(5)).
        var now = double.Parse((HostFacts.ReadLine("/proc/uptime") ?? "0").Split(' ')[0], CultureInfo.InvariantCulture);
        foreach (var process in CapsuleProcesses.Of(capsule.Pid, IdMap.OfCurrentUser()))
        {
            var seen = process.Seen;
            var age = now - (double)seen.Started / ProcessTable.TicksPerSecond;
            var cpu = (double)seen.OwnTicks / ProcessTable.TicksPerSecond;
            var command = ProcessTable.CommandOf(seen.Pid);
            yield return new ServiceProcess(
                service, seen.Pid, process.InnerPid,
                process.InnerUid is { } uid ? users.GetValueOrDefault(uid, uid.ToString(CultureInfo.InvariantCulture)) : null,
                seen.State, seen.Threads, TimeSpan.FromSeconds(cpu), age > 0 ? Math.Round(cpu / age, 4) : 0,
                seen.ResidentPages * Environment.SystemPageSize, Shown(command.Length == 0 ? $"[{seen.Name}]" : command));
        }
    }

    /// <summary>A sample, its share of a processor since another one; 0 without, and where the two come from different counts.</summary>
    public static ServiceUsage Usage(string service, CapsuleUsage? before, CapsuleUsage now)
    {
        var share = before is not null && before.CpuOfGroup == now.CpuOfGroup
            ? (now.Cpu - before.Cpu) / TimeProvider.System.GetElapsedTime(before.At, now.At)
            : 0;
        return new ServiceUsage(
            DateTimeOffset.UtcNow, service, now.Cpu, Math.Round(Math.Max(0, share), 4), From(now.CpuOfGroup),
            now.Memory, now.MemoryLimit, From(now.MemoryOfGroup), now.Disk?.Read, now.Disk?.Written,
            now.Network?.Received, now.Network?.Sent, now.Tasks, now.TaskLimit);
    }

    private static string From(bool group) => group ? "cgroup" : "proc";

    // Whoever runs inside chooses these words; a terminal would act on its control characters.
    private static string Shown(string command) => string.Concat(command.Select(c => char.IsControl(c) ? '\uFFFD' : c));
}
