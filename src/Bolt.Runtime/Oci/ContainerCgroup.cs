using System.Collections.Immutable;
using System.Globalization;
using Bolt.Diagnostics;
using Bolt.Kernel;

namespace Bolt.Oci;

/// <summary>The groups of one container: a folder in each hierarchy of version 1, or one of version 2.</summary>
internal sealed class ContainerCgroup
{
    private readonly CgroupTree _tree;
    private readonly string _path;

    private ContainerCgroup(CgroupTree tree, string path)
    {
        _tree = tree;
        _path = path;
    }

    /// <summary>Those that were made, or were there.</summary>
    public ImmutableArray<string> Folders { get; private set; } = [];

    /// <summary>
    /// Makes the groups and applies the limits. Where this user may make none, a container without limits has none, as
    /// with runc and crun.
    /// </summary>
    public static ContainerCgroup Create(CgroupTree tree, string path, OciResources? resources, bool root)
    {
        var findings = ImmutableArray.CreateBuilder<Diagnostic>();
        var limits = Limits(tree, resources);
        var group = new ContainerCgroup(tree, path);
        // Device rules guard the nodes that root could make; in a user namespace nobody can make any.
        var guarded = root && !IsInUserNamespace();
        var wanted = guarded ? limits : limits.RemoveAll(l => l.Controller == "devices");
        try
        {
            group.MakeFolders(wanted.Select(l => l.Controller).ToHashSet(StringComparer.Ordinal), root);
            group.Apply(wanted);
            if (guarded)
                group.Guard(resources);
            return group;
        }
        catch
        {
            Remove(group.Folders);
            throw;
        }
    }

    /// <summary>Applies the limits to a group that systemd has made and given away; whatever fails, it is systemd's to remove.</summary>
    public static ContainerCgroup Adopt(CgroupTree tree, string folder, OciResources? resources, bool root)
    {
        var group = new ContainerCgroup(tree, "") { Folders = [folder] };
        group.Apply(Limits(tree, resources));
        if (root && !IsInUserNamespace())
            group.Guard(resources);
        return group;
    }

    /// <summary>Applies limits to the groups of a running container.</summary>
    /// <summary>What was written.</summary>
    public static ImmutableArray<CgroupWrite> Update(IReadOnlyList<string> folders, OciResources resources)
    {
        var tree = CgroupTree.Read();
        if (tree.Unified && folders.Count > 0)
            resources = Completed(resources, folders[0]);
        var group = new ContainerCgroup(tree, "") { Folders = [.. folders] };
        var guarded = Sys.EffectiveUid() == 0 && !IsInUserNamespace();
        var limits = Limits(tree, resources);
        group.Apply(guarded ? limits : limits.RemoveAll(limit => limit.Controller == "devices"));
        if (guarded)
            group.Guard(resources);
        return limits;
    }

    // Two fields that are one file of version 2, or are counted from each other: what is not given stays as it is.
    private static OciResources Completed(OciResources wanted, string folder)
    {
        if (wanted.Cpu is { } cpu && (cpu.Quota is null or 0) != (cpu.Period is null or 0)
            && HostFacts.ReadLine(Path.Combine(folder, "cpu.max"))?.Split(' ') is [var quota, var period])
            wanted = wanted with
            {
                Cpu = cpu with
                {
                    Quota = cpu.Quota is not (null or 0) ? cpu.Quota : long.TryParse(quota, CultureInfo.InvariantCulture, out var known) ? known : -1,
                    Period = cpu.Period is not (null or 0) ? cpu.Period : ulong.Parse(period, CultureInfo.InvariantCulture),
                },
            };
        if (wanted.Memory is { Swap: > 0, Limit: null or 0 } memory && long.TryParse(HostFacts.ReadLine(Path.Combine(folder, "memory.max")), CultureInfo.InvariantCulture, out var limit))
            wanted = wanted with { Memory = memory with { Limit = limit } };
        return wanted;
    }

    public static ImmutableArray<CgroupWrite> Limits(CgroupTree tree, OciResources? resources)
    {
        var findings = ImmutableArray.CreateBuilder<Diagnostic>();
        OciCheck.Devices(resources, findings);
        var limits = resources is null || findings.Count > 0 ? [] : CgroupLimits.Of(resources, tree.Unified, findings);
        return findings.FirstOrDefault() is { } wrong ? throw new BoltException(wrong) : limits;
    }

    // Version 2 has no files for device rules.
    private void Guard(OciResources? resources)
    {
        if (!_tree.Unified || resources?.Devices is not { } rules || Folders.IsEmpty)
            return;
        var program = DeviceProgram.Of([.. rules, .. CgroupLimits.AlwaysAllowed]);
        if (DeviceGuard.Set(Folders[0], DeviceProgram.ToBytes(program)) is var error and not Errno.None)
            throw new BoltException(OciErrors.NoDeviceGuard(Folders[0], error));
    }

    /// <summary>Those that are there and empty; the deepest first.</summary>
    public static void Remove(IEnumerable<string> folders)
    {
        foreach (var folder in folders)
            RemoveTree(folder);
    }

    /// <summary>Pids of all processes in the groups, and of what they made below.</summary>
    public static IReadOnlyList<int> Processes(IReadOnlyList<string> folders)
    {
        if (folders.Count == 0 || !Directory.Exists(folders[0]))
            return [];
        try
        {
            return
            [
                .. Directory.EnumerateFiles(folders[0], "cgroup.procs", SearchOption.AllDirectories)
                    .SelectMany(File.ReadAllLines).Select(line => int.Parse(line, CultureInfo.InvariantCulture)).Where(pid => pid > 0),
            ];
        }
        catch (IOException)
        {
            // systemd removes a scope's group with its last process.
            return [];
        }
    }

    private void MakeFolders(HashSet<string> needed, bool root)
    {
        foreach (var hierarchy in _tree.Hierarchies)
        {
            var folder = hierarchy.Folder(_path);
            if (!folder.StartsWith(hierarchy.Mount + "/", StringComparison.Ordinal))
                throw new BoltException(OciErrors.Invalid("linux.cgroupsPath", "leads out of the hierarchy"));
            try
            {
                Make(hierarchy, folder);
                Folders = Folders.Add(folder);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                if (hierarchy.Unified ? needed.Count > 0 : hierarchy.Controllers.Any(needed.Contains))
                    throw new BoltException(OciErrors.NoCgroup(folder, e.Message, root), e);
                if (root && Sys.EffectiveUid() == 0 && !IsInUserNamespace())
                    throw new BoltException(OciErrors.NoCgroup(folder, e.Message, root), e);
            }
        }
    }

    /// <summary>Root of a user namespace has the host's groups only as far as they were given to it.</summary>
    public static bool IsInUserNamespace() =>
        !File.ReadAllText("/proc/self/uid_map").Split((char[])[' ', '\t', '\n'], StringSplitOptions.RemoveEmptyEntries).SequenceEqual(["0", "0", "4294967295"]);

    private static void Make(CgroupHierarchy hierarchy, string folder)
    {
        var parent = hierarchy.Mount;
        foreach (var part in folder[(hierarchy.Mount.Length + 1)..].Split('/'))
        {
            if (hierarchy.Unified)
                Enable(parent);
            var next = parent + "/" + part;
            if (!Directory.Exists(next))
                Directory.CreateDirectory(next);
            if (hierarchy.Controllers.Contains("cpuset"))
            {
                // A group of version 1 begins without any processor, and takes no process so.
                Inherit(parent, next, "cpuset.cpus");
                Inherit(parent, next, "cpuset.mems");
            }
            parent = next;
        }
    }

    private static void Enable(string folder)
    {
        foreach (var controller in File.ReadAllText(folder + "/cgroup.controllers").Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries))
        {
            try
            {
                File.WriteAllText(folder + "/cgroup.subtree_control", "+" + controller);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Some are the top's alone; what is then lacking is told by the file that is not there.
            }
        }
    }

    private static void Inherit(string parent, string folder, string file)
    {
        if (File.ReadAllText($"{folder}/{file}").Trim().Length == 0)
            File.WriteAllText($"{folder}/{file}", File.ReadAllText($"{parent}/{file}"));
    }

    private void Apply(ImmutableArray<CgroupWrite> limits)
    {
        foreach (var limit in Ordered(limits))
        {
            var hierarchy = _tree.With(limit.Controller);
            var folder = hierarchy is null ? null : Folders.FirstOrDefault(f => f.StartsWith(hierarchy.Mount + "/", StringComparison.Ordinal));
            var file = folder is null ? null : $"{folder}/{limit.File}";
            if (file is null || !File.Exists(file))
            {
                if (limit.Optional)
                    continue;
                throw new BoltException(OciErrors.NoController(limit.Controller, limit.What));
            }
            try
            {
                File.WriteAllText(file, limit.Value);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new BoltException(OciErrors.Write($"{file}: {limit.Value}", e.Message), e);
            }
        }
    }

    // memory and memory+swap bound each other: a rising pair is written from above, a falling one from below.
    private IEnumerable<CgroupWrite> Ordered(ImmutableArray<CgroupWrite> limits)
    {
        var memory = limits.FirstOrDefault(l => l.File == "memory.limit_in_bytes");
        var swap = limits.FirstOrDefault(l => l.File == "memory.memsw.limit_in_bytes");
        if (memory is null || swap is null || _tree.With("memory") is not { } hierarchy)
            return limits;
        var folder = Folders.FirstOrDefault(f => f.StartsWith(hierarchy.Mount + "/", StringComparison.Ordinal));
        var file = $"{folder}/memory.memsw.limit_in_bytes";
        if (!File.Exists(file) || !decimal.TryParse(File.ReadAllText(file), CultureInfo.InvariantCulture, out var now))
            return limits;
        var wanted = decimal.Parse(memory.Value, CultureInfo.InvariantCulture);
        return wanted < 0 || wanted > now ? [swap, memory, .. limits.Remove(swap).Remove(memory)] : limits;
    }

    private static void RemoveTree(string folder)
    {
        if (!Directory.Exists(folder))
            return;
        try
        {
            foreach (var below in Directory.GetDirectories(folder))
                RemoveTree(below);
            Directory.Delete(folder, recursive: false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A process that the kernel has not finished, or a group that others use too: an empty group costs nothing.
        }
    }
}
