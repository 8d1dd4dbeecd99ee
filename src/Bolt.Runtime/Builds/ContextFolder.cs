using System.Collections.Immutable;
using Bolt.Diagnostics;
using Bolt.Dockerfiles;
using Bolt.Kernel;

namespace Bolt.Builds;

/// <summary>The folder that COPY reads, without what .dockerignore leaves out. Owners and times in it mean nothing to the image.</summary>
internal static class ContextFolder
{
    private const int MaxIgnore = 1 << 20, MaxFiles = 2_000_000;

    /// <summary>The Dockerfile's own .dockerignore, else the folder's.</summary>
    public static Checked<IgnoreFile> ReadIgnore(string folder, string dockerfile)
    {
        foreach (var path in new[] { dockerfile + ".dockerignore", Path.Combine(folder, ".dockerignore") })
        {
            var errno = PlainFile.Read(path, MaxIgnore, out var bytes);
            if (errno == Errno.None)
            {
                return IgnoreFile.Read(Path.GetFileName(path), System.Text.Encoding.UTF8.GetString(bytes));
            }
            if (errno != Errno.ENOENT)
            {
                return new Checked<IgnoreFile>(null, [DockerBuildErrors.Unreadable(path, errno.Text())]);
            }
        }
        return new Checked<IgnoreFile>(IgnoreFile.Nothing, []);
    }

    /// <param name="backwards">In the other order than the file system has it; the result is the same.</param>
    public static SourceFiles Read(string folder, IgnoreFile ignore, bool backwards, CancellationToken cancellationToken)
    {
        var nodes = ImmutableSortedDictionary.CreateBuilder<string, SourceNode>(StringComparer.Ordinal);
        try
        {
            Add(folder, new DirectoryInfo(folder), "", ignore, backwards, nodes, cancellationToken);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BoltException(DockerBuildErrors.Unreadable(folder, e.Message), e);
        }
        return new SourceFiles(nodes.ToImmutable());
    }

    private static void Add(
        string root, DirectoryInfo folder, string place, IgnoreFile ignore, bool backwards, ImmutableSortedDictionary<string, SourceNode>.Builder nodes, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        foreach (var entry in backwards ? folder.EnumerateFileSystemInfos().Reverse() : folder.EnumerateFileSystemInfos())
        {
            var path = SourceFiles.Join(place, entry.Name);
            var ignored = !ignore.IsEmpty && ignore.IsIgnored(path);
            // A folder that is left out may hold an exception.
            if (ignored && !(ignore.HasExceptions && entry is DirectoryInfo { LinkTarget: null }))
            {
                continue;
            }
            var mode = (uint)entry.UnixFileMode & 0xFFF;
            if (entry.LinkTarget is { } link)
            {
                nodes[path] = new SourceNode(path, SourceKind.Link, 0x1FF, 0, 0, link, 0, null);
            }
            else if (entry is DirectoryInfo inner)
            {
                var before = nodes.Count;
                Add(root, inner, path, ignore, backwards, nodes, cancellationToken);
                if (!ignored || nodes.Count > before)
                {
                    nodes[path] = new SourceNode(path, SourceKind.Folder, mode, 0, 0, "", 0, null);
                }
            }
            else if (entry is FileInfo file && RootedFile.IsPlain(file.FullName))
            {
                nodes[path] = new SourceNode(path, SourceKind.File, mode, 0, 0, "", file.Length, () => Open(root, path));
            }
            if (nodes.Count > MaxFiles)
            {
                throw new BoltException(DockerBuildErrors.Unreadable(root, "it has more than two million files"));
            }
        }
    }

    private static FileStream Open(string root, string path) => RootedFile.Open(root, path, out var errno) is { } handle
        ? new FileStream(handle, FileAccess.Read, 1 << 16)
        : throw new BoltException(DockerBuildErrors.Unreadable(Path.Combine(root, path), errno.Text()));
}
