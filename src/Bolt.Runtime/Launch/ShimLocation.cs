using Bolt.Kernel;

namespace Bolt.Launch;

/// <summary>Where bolt-shim lies.</summary>
internal static class ShimLocation
{
    private const string Name = "bolt-shim";
    private const string PackageFolder = "runtimes/linux-x64/native/";

    /// <summary>
    /// The configured path, else the one beside the program: an AOT or RID publish puts it in the base folder, a portable
    /// build below runtimes/, and a program run from the package cache lists the folder as a native search directory.
    /// </summary>
    public static string? Find(string? configured)
    {
        if (configured is not null)
            return File.Exists(configured) ? Path.GetFullPath(configured) : null;
        foreach (var candidate in Candidates())
            if (File.Exists(candidate))
                return candidate;
        return null;
    }

    /// <summary>
    /// A path that this user may execute: package extraction leaves mode 0744, so a shim that root installed is copied to
    /// <paramref name="privateFolder"/> once, by content.
    /// </summary>
    public static string Executable(string shimPath, string privateFolder)
    {
        if (Sys.MayExecute(shimPath))
            return shimPath;
        var bytes = File.ReadAllBytes(shimPath);
        var copy = Path.Combine(privateFolder, Name + "-" + Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(bytes))[..16]);
        if (File.Exists(copy) && Sys.MayExecute(copy))
            return copy;
        Directory.CreateDirectory(privateFolder);
        var beside = copy + "." + Guid.NewGuid().ToString("n")[..8];
        File.WriteAllBytes(beside, bytes);
        const uint everyoneExecutes = 0b111_101_101;
        _ = Sys.ChangeMode(beside, everyoneExecutes);
        File.Move(beside, copy, overwrite: true);
        return copy;
    }

    private static IEnumerable<string> Candidates()
    {
        yield return Path.Combine(AppContext.BaseDirectory, Name);
        yield return Path.Combine(AppContext.BaseDirectory, PackageFolder, Name);
        var folders = AppContext.GetData("NATIVE_DLL_SEARCH_DIRECTORIES") as string ?? "";
        foreach (var folder in folders.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries))
            yield return Path.Combine(folder, Name);
    }
}
