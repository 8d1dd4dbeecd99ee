using System.Diagnostics;

namespace Bolt.Builds;

/// <summary>The machine's dotnet: its program, and the folder with SDKs and runtimes.</summary>
internal sealed record DotnetHost(string Program, string Root)
{
    /// <summary>The configured one, else the first in PATH; null when there is none.</summary>
    public static DotnetHost? Find(string? configured)
    {
        var program = configured ?? SearchPath();
        if (program is null || !File.Exists(program))
        {
            return null;
        }
        // /usr/bin/dotnet is often a link into the folder that holds everything.
        var real = File.ResolveLinkTarget(program, returnFinalTarget: true)?.FullName ?? Path.GetFullPath(program);
        return new DotnetHost(program, Path.GetDirectoryName(real)!);
    }

    /// <summary>Installed SDKs: another one may build other bits.</summary>
    public IEnumerable<string> Sdks() => Names("sdk");

    /// <summary>Installed runtimes, the oldest first.</summary>
    public IReadOnlyList<string> Runtimes() => [.. Names("shared/Microsoft.NETCore.App").Where(n => Version.TryParse(n, out _)).OrderBy(Version.Parse)];

    /// <summary>Folders, relative to the root, of the newest runtime of a version "10.0" or "10.0.1" with its host; empty when one is missing.</summary>
    public IReadOnlyList<string> RuntimeFolders(string version, bool web)
    {
        var frameworks = web ? new[] { "shared/Microsoft.NETCore.App", "shared/Microsoft.AspNetCore.App" } : ["shared/Microsoft.NETCore.App"];
        var found = frameworks.Append("host/fxr").Select(f => (Folder: f, Newest: Newest(f, version))).ToArray();
        return Array.Exists(found, f => f.Newest is null) ? [] : [.. found.Select(f => $"{f.Folder}/{f.Newest}")];
    }

    private string? Newest(string folder, string version) => Names(folder)
        .Where(n => n == version || n.StartsWith(version + ".", StringComparison.Ordinal))
        .Select(n => (Name: n, Version: Version.TryParse(n, out var v) ? v : null)).Where(n => n.Version is not null)
        .OrderBy(n => n.Version).LastOrDefault().Name;

    private IEnumerable<string> Names(string folder)
    {
        var path = Path.Combine(Root, folder);
        return Directory.Exists(path) ? Directory.GetDirectories(path).Select(d => Path.GetFileName(d)!).Order(StringComparer.Ordinal) : [];
    }

    // What a child would inherit as PATH: the library reads no environment of its own.
    private static string? SearchPath() => new ProcessStartInfo().Environment.TryGetValue("PATH", out var path)
        ? path?.Split(':').Where(p => p.Length > 0).Select(p => Path.Combine(p, "dotnet")).FirstOrDefault(File.Exists)
        : null;
}
