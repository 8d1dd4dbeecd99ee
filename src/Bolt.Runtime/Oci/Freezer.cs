using Bolt.Diagnostics;
using Bolt.Kernel;

namespace Bolt.Oci;

/// <summary>Stops and resumes all processes of a container at once (freezer-subsystem.rst; cgroup-v2.rst, cgroup.freeze).</summary>
internal static class Freezer
{
    // A group may end while it is asked: HostFacts then says nothing.
    public static bool IsFrozen(IReadOnlyList<string> cgroups) => Find(cgroups) switch
    {
        ({ } folder, true) => HostFacts.ReadLine(folder + "/cgroup.freeze") == "1",
        ({ } folder, false) => HostFacts.ReadLine(folder + "/freezer.state") is "FROZEN" or "FREEZING",
        _ => false,
    };

    public static void Set(string id, IReadOnlyList<string> cgroups, bool frozen)
    {
        var (folder, unified) = Find(cgroups);
        if (folder is null)
            throw new BoltException(OciErrors.NoFreezer(id));
        try
        {
            if (unified)
                File.WriteAllText(folder + "/cgroup.freeze", frozen ? "1" : "0");
            else
                File.WriteAllText(folder + "/freezer.state", frozen ? "FROZEN" : "THAWED");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BoltException(OciErrors.Write(folder, e.Message), e);
        }
        if (frozen)
            Await(folder, unified);
    }

    // Version 1 brings the state up to date when it is read, and has no event for it; a process that just forks is only
    // frozen by writing again.
    private static void Await(string folder, bool unified)
    {
        const int attempts = 100_000;
        for (var i = 0; i < attempts; i++)
        {
            if (unified ? File.ReadAllText(folder + "/cgroup.events").Contains("frozen 1", StringComparison.Ordinal)
                : File.ReadAllText(folder + "/freezer.state").StartsWith("FROZEN", StringComparison.Ordinal))
                return;
            if (!unified && i % 64 == 63)
                File.WriteAllText(folder + "/freezer.state", "FROZEN");
            Thread.Yield();
        }
    }

    private static (string? Folder, bool Unified) Find(IReadOnlyList<string> cgroups)
    {
        foreach (var folder in cgroups)
        {
            if (File.Exists(folder + "/freezer.state"))
                return (folder, false);
            if (File.Exists(folder + "/cgroup.freeze"))
                return (folder, true);
        }
        return (null, false);
    }
}
