using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;

namespace Bolt.Builds;

/// <summary>What a build reads: whole folders of projects, and single files that lie elsewhere.</summary>
internal sealed record DotnetProjectInputs(ImmutableArray<string> Folders, ImmutableArray<string> Files);

/// <summary>
/// One hash over all that a build reads, taken without starting anything: an unchanged project costs no dotnet process.
/// </summary>
internal static class DotnetProjectFingerprint
{
    private const int MaxFiles = 200_000;

    // What builds write or nobody builds from; a stack's own files change without changing the program.
    private static readonly HashSet<string> Skipped = new(StringComparer.Ordinal)
    {
        "bin", "obj", ".git", ".vs", ".idea", ".bolt", "node_modules", LockSession.FileName, VendorFolder.Name, "Boltfile.toml",
    };

    // MSBuild and NuGet look for these from the project's folder upwards.
    private static readonly string[] Ancestors =
    [
        "Directory.Build.props", "Directory.Build.targets", "Directory.Build.rsp", "Directory.Packages.props",
        "global.json", "nuget.config", "NuGet.config", "NuGet.Config", ".editorconfig",
    ];

    /// <summary>Null: too many files to tell; the build itself must decide.</summary>
    /// <param name="newest">Time of the last change of any of the files.</param>
    public static string? Of(DotnetProject project, DotnetProjectInputs inputs, IEnumerable<string> salt, out DateTime newest)
    {
        newest = DateTime.MinValue;
        var files = Files(project, inputs);
        if (files.Count > MaxFiles)
        {
            return null;
        }
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var text in salt)
        {
            hash.AppendData(Encoding.UTF8.GetBytes(text + "\0"));
        }
        var buffer = new byte[1 << 16];
        foreach (var path in files)
        {
            var changed = Append(hash, path, buffer);
            newest = changed > newest ? changed : newest;
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>All files that a build may read, the SDK's and packages' left out.</summary>
    public static SortedSet<string> Files(DotnetProject project, DotnetProjectInputs inputs)
    {
        var files = new SortedSet<string>(inputs.Files.Where(File.Exists), StringComparer.Ordinal);
        foreach (var folder in inputs.Folders.Add(project.Folder).Distinct(StringComparer.Ordinal))
        {
            AddFolder(folder, files);
            AddAncestors(folder, files);
        }
        return files;
    }

    // A file that vanishes or cannot be read counts as its name alone: the build will say what is wrong with it.
    private static DateTime Append(IncrementalHash hash, string path, byte[] buffer)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            hash.AppendData(Encoding.UTF8.GetBytes($"{path}\0{file.Length}\0"));
            int read;
            while ((read = file.Read(buffer)) > 0)
            {
                hash.AppendData(buffer, 0, read);
            }
            return File.GetLastWriteTimeUtc(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            hash.AppendData(Encoding.UTF8.GetBytes(path + "\0?\0"));
            return DateTime.MinValue;
        }
    }

    private static void AddFolder(string folder, SortedSet<string> files)
    {
        var options = new EnumerationOptions
        {
            IgnoreInaccessible = true,
            AttributesToSkip = 0,
            RecurseSubdirectories = false,
        };
        var left = new Stack<string>([folder]);
        while (left.TryPop(out var next) && files.Count <= MaxFiles)
        {
            if (!Directory.Exists(next))
            {
                continue;
            }
            foreach (var entry in new DirectoryInfo(next).EnumerateFileSystemInfos("*", options))
            {
                if (Skipped.Contains(entry.Name))
                {
                    continue;
                }
                // A linked folder is not walked into: it may lead back up, or to anywhere.
                if (entry is DirectoryInfo && !entry.Attributes.HasFlag(FileAttributes.ReparsePoint))
                {
                    left.Push(entry.FullName);
                }
                else if (entry is FileInfo { Length: >= 0 } file && IsPlain(file))
                {
                    files.Add(entry.FullName);
                }
            }
        }
    }

    // Sockets, pipes and devices would block or never end.
    private static bool IsPlain(FileInfo file) => file.LinkTarget is not null
        ? file.ResolveLinkTarget(returnFinalTarget: true) is FileInfo { Exists: true } target && IsPlain(target)
        : file.Attributes is not FileAttributes.Device && (file.UnixFileMode >= 0) && !file.Attributes.HasFlag(FileAttributes.System);

    private static void AddAncestors(string folder, SortedSet<string> files)
    {
        for (var at = folder; at is not null; at = Path.GetDirectoryName(at))
        {
            foreach (var name in Ancestors)
            {
                var path = Path.Combine(at, name);
                if (File.Exists(path))
                {
                    files.Add(path);
                }
            }
        }
    }
}
