using System.Text;
using Bolt.Boltfiles;

namespace Bolt.Surge;

/// <summary>A short mark of where an image comes from, cheap to take: unlike marks mean that it must be prepared anew.</summary>
internal static class SourceMark
{
    // Folders that builds and editors write into; what they hold follows from the rest.
    private static readonly HashSet<string> Derived = ["bin", "obj", ".git", ".vs", "node_modules", Builds.VendorFolder.Name];

    public static string Of(ServiceSource source, string folder) => source switch
    {
        ServiceSource.Build build => OfTree(Path.GetFullPath(build.Context, folder)),
        ServiceSource.Capsule capsule => OfFile(Path.GetFullPath(capsule.Recipe, folder)),
        ServiceSource.Image image => OfFile(Path.GetFullPath(image.Reference, folder) + "/index.json"),
        _ => "",
    };

    private static string OfFile(string path) => File.Exists(path) ? Stack.Hash(Line(path, new FileInfo(path))) : "";

    // Names, sizes and times, not contents: the mark is taken at every `up`, and a build that finds nothing new is cheap.
    private static string OfTree(string root)
    {
        var text = new StringBuilder();
        void Visit(DirectoryInfo folder)
        {
            foreach (var entry in folder.EnumerateFileSystemInfos().OrderBy(e => e.Name, StringComparer.Ordinal))
            {
                if (entry is FileInfo file) text.Append(Line(file.FullName[root.Length..], file));
                else if (entry is DirectoryInfo inner && inner.LinkTarget is null && !Derived.Contains(inner.Name)) Visit(inner);
            }
        }
        if (Directory.Exists(root)) Visit(new DirectoryInfo(root));
        return Stack.Hash(text.ToString());
    }

    private static string Line(string name, FileInfo file) => $"{name} {file.Length} {file.LastWriteTimeUtc.Ticks}\n";
}
