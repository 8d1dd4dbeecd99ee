using Bolt.Kernel;

namespace Bolt.Launch;

internal sealed partial record IdMap
{
    /// <summary>Host id of inner id 0 when root starts capsules: above any login user and systemd's own ranges.</summary>
    public const uint RootFirst = 0x70000000;

    private static readonly string[] ProgramFolders = ["/usr/bin", "/usr/local/bin", "/bin", "/usr/sbin", "/sbin"];

    /// <summary>The one map that all stacks of the current user share.</summary>
    public static IdMap OfCurrentUser() => Of(
        Sys.EffectiveUid(), Sys.EffectiveGid(), ReadOrEmpty, path => File.Exists(path));

    /// <summary>As <see cref="OfCurrentUser"/>, with the files handed in.</summary>
    public static IdMap Of(uint uid, uint gid, Func<string, string> readFile, Func<string, bool> exists)
    {
        if (uid == 0)
            return new IdMap(RootFirst, RootFirst, RootFirst + 1, RootFirst + 1, 65535);
        var single = new IdMap(uid, gid, 0, 0, 0);
        if (!HasProgram("newuidmap", exists) || !HasProgram("newgidmap", exists))
            return single;
        var name = SubordinateIds.UserName(readFile("/etc/passwd"), uid);
        // Groups' ranges are the user's too: subgid(5) is keyed by the login name, not by the group's.
        if (SubordinateIds.Find(readFile("/etc/subuid"), name, uid) is not { } users ||
            SubordinateIds.Find(readFile("/etc/subgid"), name, uid) is not { } groups)
            return single;
        return new IdMap(uid, gid, users.First, groups.First, Math.Min(users.Count, groups.Count));
    }

    private static bool HasProgram(string name, Func<string, bool> exists) =>
        Array.Exists(ProgramFolders, folder => exists(folder + "/" + name));

    private static string ReadOrEmpty(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
