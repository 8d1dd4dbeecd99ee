using System.Formats.Tar;
using System.Collections.Immutable;
using Bolt.Diagnostics;
using Bolt.Storage;

namespace Bolt.Builds;

/// <summary>
/// Published files as two layers, each bit-identical for equal files: the runtime's, which all projects of one version
/// share, and the project's own.
/// </summary>
internal sealed class DotnetProjectLayers(ContentStore content, string work)
{
    private const UnixFileMode Plain = (UnixFileMode)0b110_100_100, Program = (UnixFileMode)0b111_101_101;

    /// <summary>The runtime's files are those that the publish took unchanged from the runtime packs.</summary>
    public async Task<ImmutableArray<Digest>> OfSelfContainedAsync(string output, DotnetProjectFacts facts, CancellationToken cancellationToken)
    {
        var framework = new SortedDictionary<string, string>(StringComparer.Ordinal);
        var own = new SortedDictionary<string, string>(StringComparer.Ordinal);
        // What NativeAOT leaves for a debugger is larger than the program.
        foreach (var (name, path) in FilesOf(output).Where(f => !f.Name.EndsWith(".dbg", StringComparison.Ordinal)))
        {
            var side = facts.FrameworkFiles.TryGetValue(name, out var pack) && SameBytes(path, pack) ? framework : own;
            side["app/" + name] = path;
        }
        var lower = framework.Count == 0 ? null : await WriteAsync(framework, [], cancellationToken).ConfigureAwait(false) as Digest?;
        var upper = await WriteAsync(own, [], cancellationToken).ConfigureAwait(false);
        return lower is { } digest ? [digest, upper] : [upper];
    }

    /// <summary>The runtime's files are those that this machine has installed, laid where its `dotnet` looks for them.</summary>
    public async Task<ImmutableArray<Digest>> OfInstalledAsync(
        string output, string dotnetRoot, IEnumerable<string> runtimeFolders, CancellationToken cancellationToken)
    {
        var own = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, path) in FilesOf(output))
        {
            own["app/" + name] = path;
        }
        return
        [
            await OfRuntimeAsync(dotnetRoot, runtimeFolders, cancellationToken).ConfigureAwait(false),
            await WriteAsync(own, [], cancellationToken).ConfigureAwait(false),
        ];
    }

    /// <summary>This machine's runtime alone.</summary>
    public Task<Digest> OfRuntimeAsync(string dotnetRoot, IEnumerable<string> runtimeFolders, CancellationToken cancellationToken)
    {
        const string root = "usr/share/dotnet/";
        var framework = new SortedDictionary<string, string>(StringComparer.Ordinal) { [root + "dotnet"] = Path.Combine(dotnetRoot, "dotnet") };
        foreach (var folder in runtimeFolders)
        {
            foreach (var (name, path) in FilesOf(Path.Combine(dotnetRoot, folder)))
            {
                framework[$"{root}{folder}/{name}"] = path;
            }
        }
        return WriteAsync(framework, [("usr/bin/dotnet", "../share/dotnet/dotnet")], cancellationToken);
    }

    /// <summary>The project's files alone: what it stands on has the runtime.</summary>
    public Task<Digest> OfProjectAsync(string output, CancellationToken cancellationToken) =>
        WriteAsync(new SortedDictionary<string, string>(FilesOf(output).ToDictionary(f => "app/" + f.Name, f => f.Path), StringComparer.Ordinal), [], cancellationToken);

    private async Task<Digest> WriteAsync(
        SortedDictionary<string, string> files, IEnumerable<(string Path, string Target)> links, CancellationToken cancellationToken)
    {
        var path = Path.Combine(work, $"layer.{Guid.NewGuid():n}");
        try
        {
            var tar = new FileStream(path, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.ReadWrite, Options = FileOptions.DeleteOnClose });
            await using (tar.ConfigureAwait(false))
            {
                await Task.Run(() => Write(tar, files, links, cancellationToken), cancellationToken).ConfigureAwait(false);
                tar.Position = 0;
                return await content.WriteAsync(tar, null, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw StorageErrors.Wrap(path, e);
        }
    }

    // GNU headers: the pax ones of System.Formats.Tar carry the process id, so no two runs would be equal.
    private static void Write(
        Stream tar, SortedDictionary<string, string> files, IEnumerable<(string Path, string Target)> links, CancellationToken cancellationToken)
    {
        using var writer = new TarWriter(tar, TarEntryFormat.Gnu, leaveOpen: true);
        foreach (var folder in files.Keys.Concat(links.Select(l => l.Path)).SelectMany(Parents).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            writer.WriteEntry(Entry(TarEntryType.Directory, folder, Program));
        }
        foreach (var (name, path) in files)
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var data = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16);
            var entry = Entry(TarEntryType.RegularFile, name, IsProgram(path, data) ? Program : Plain);
            entry.DataStream = data;
            writer.WriteEntry(entry);
        }
        foreach (var (name, target) in links)
        {
            var entry = Entry(TarEntryType.SymbolicLink, name, (UnixFileMode)0b111_111_111);
            entry.LinkName = target;
            writer.WriteEntry(entry);
        }
    }

    // Never 0: some programs take that for "no time"; 1980 is also the first that zip knows.
    private static GnuTarEntry Entry(TarEntryType type, string name, UnixFileMode mode) =>
        new(type, name) { Mode = mode, ModificationTime = new DateTimeOffset(1980, 1, 1, 0, 0, 0, TimeSpan.Zero) };

    private static IEnumerable<string> Parents(string name)
    {
        for (var slash = name.IndexOf('/'); slash >= 0; slash = name.IndexOf('/', slash + 1))
        {
            yield return name[..slash];
        }
    }

    // The package cache marks every file as executable (0744), so the bit alone says nothing.
    private static bool IsProgram(string path, FileStream data)
    {
        if (!File.GetUnixFileMode(path).HasFlag(UnixFileMode.UserExecute))
        {
            return false;
        }
        Span<byte> magic = stackalloc byte[4];
        var read = data.ReadAtLeast(magic, 4, throwOnEndOfStream: false);
        data.Position = 0;
        return read >= 2 && (magic[..read].SequenceEqual("\u007fELF"u8) || magic[..2].SequenceEqual("#!"u8));
    }

    private static bool SameBytes(string left, string right)
    {
        if (new FileInfo(right) is not { Exists: true } other || other.Length != new FileInfo(left).Length)
        {
            return false;
        }
        using var a = new FileStream(left, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        using var b = new FileStream(right, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        byte[] x = new byte[1 << 16], y = new byte[1 << 16];
        int read;
        while ((read = a.ReadAtLeast(x, x.Length, throwOnEndOfStream: false)) > 0)
        {
            if (b.ReadAtLeast(y.AsSpan(0, read), read, throwOnEndOfStream: false) != read || !x.AsSpan(0, read).SequenceEqual(y.AsSpan(0, read)))
            {
                return false;
            }
        }
        return true;
    }

    private static IEnumerable<(string Name, string Path)> FilesOf(string folder) => !Directory.Exists(folder) ? []
        : Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Select(f => (Path.GetRelativePath(folder, f), f));
}
