using Bolt.Diagnostics;

namespace Bolt.Builds;

/// <summary>A project that a service is built from.</summary>
/// <param name="Written">As the Boltfile says it.</param>
/// <param name="File">Absolute path of the project file.</param>
internal sealed record DotnetProject(string Written, string File)
{
    private static readonly string[] Extensions = [".csproj", ".fsproj", ".vbproj"];

    public string Folder => Path.GetDirectoryName(File)!;

    /// <summary>The one project of a folder, or the project file that is named itself.</summary>
    public static DotnetProject Find(string written, string baseFolder)
    {
        var path = Path.GetFullPath(written, baseFolder);
        if (System.IO.File.Exists(path) && IsProject(path))
        {
            return new DotnetProject(written, path);
        }
        if (!Directory.Exists(path))
        {
            throw new BoltException(BuildErrors.NoFolder(written, path));
        }
        try
        {
            var projects = Directory.GetFiles(path).Where(IsProject).Order(StringComparer.Ordinal).ToArray();
            return projects switch
            {
                [var one] => new DotnetProject(written, one),
                [] => throw new BoltException(BuildErrors.NoProject(written)),
                _ => throw new BoltException(BuildErrors.ManyProjects(written, projects.Select(p => Path.GetFileName(p)!))),
            };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BoltException(BuildErrors.Unreadable(path, e.Message), e);
        }
    }

    private static bool IsProject(string path) => Extensions.Contains(Path.GetExtension(path), StringComparer.Ordinal);
}
