using System.Collections.Immutable;
using System.Text;
using Bolt.Diagnostics;

namespace Bolt.Packages;

/// <summary>
/// What dpkg keeps below /var/lib/dpkg, as if it had unpacked the packages itself: the state of each, its scripts, its files and
/// its triggers (deb-triggers(5); the format of the database is dpkg's, doc/triggers.txt and lib/dpkg/dbmodify.c).
/// </summary>
internal sealed class DpkgDatabase(string architecture)
{
    private const string Root = "/var/lib/dpkg/";
    /// <summary>Owned by base-files, as of Debian 13; usr-is-merged removes those that no package owns.</summary>
    private const string MergedLinks = "/bin\n/lib\n/lib64\n/sbin\n";

    private readonly StringBuilder status = new();
    private readonly List<LayerEntry> entries = [];
    private readonly SortedDictionary<string, StringBuilder> triggers = new(StringComparer.Ordinal);

    /// <summary>A package of a layer below, whose scripts never run.</summary>
    public void AddPresent(LockedPackage package)
    {
        status.Append($"Package: {package.Name}\nStatus: install ok installed\nMaintainer: -\nArchitecture: {package.Architecture}\n");
        status.Append($"Version: {package.Version}\nDescription: of the layer below\n\n");
        Add($"info/{package.Name}.list", "/.\n"u8.ToArray());
        Add($"info/{package.Name}.md5sums", []);
    }

    /// <summary>One that is unpacked and waits for its configuration.</summary>
    /// <param name="control">Members of its control archive.</param>
    public void AddUnpacked(LockedPackage package, SortedDictionary<string, (byte[] Content, bool IsProgram)> control, IReadOnlyList<LayerNode> files)
    {
        var stanza = Encoding.UTF8.GetString(control.GetValueOrDefault("control").Content ?? throw new BoltException(PackageErrors.BadPackage(package.Name, "it has no control file")));
        var fields = ControlFile.Stanzas(stanza.Split('\n')).FirstOrDefault() ?? [];
        if (fields.GetValueOrDefault("Package") != package.Name)
        {
            throw new BoltException(PackageErrors.BadPackage(package.Name, "its control file is another package's"));
        }
        var end = stanza.IndexOf("\n\n", StringComparison.Ordinal);
        status.Append((end < 0 ? stanza : stanza[..end]).TrimEnd('\n')).Append("\nStatus: install ok unpacked\n\n");
        var same = fields.GetValueOrDefault("Multi-Arch") == "same";
        var name = same ? $"{package.Name}:{package.Architecture}" : package.Name;
        foreach (var (member, (content, program)) in control.Where(c => c.Key != "control"))
        {
            Add($"info/{name}.{member}", content, program);
        }
        Add($"info/{name}.list", Encoding.UTF8.GetBytes("/.\n" + (package.Name == "base-files" ? MergedLinks : "") + string.Concat(files.Select(f => $"/{f.Path}\n"))));
        AddTriggers(name, Encoding.UTF8.GetString(control.GetValueOrDefault("triggers").Content ?? []));
    }

    /// <summary>The files of the database; to be asked once.</summary>
    public ImmutableArray<LayerEntry> Entries()
    {
        Add("status", Encoding.UTF8.GetBytes(status.ToString()));
        Add("available", []);
        Add("arch", Encoding.UTF8.GetBytes(architecture + "\n"));
        Add("info/format", "1\n"u8.ToArray());
        foreach (var (name, text) in triggers)
        {
            Add("triggers/" + name, Encoding.UTF8.GetBytes(text.ToString()));
        }
        return [new LayerEntry.Folder(Root + "updates", 0, 0, 0x1ed), .. entries];
    }

    // "interest[-await|-noawait] NAME-OR-PATH": triggers/File has "PATH PACKAGE" a line, triggers/NAME the packages.
    private void AddTriggers(string package, string text)
    {
        foreach (var words in text.Split('\n').Select(l => l.Split('#')[0].Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries)).Where(w => w.Length == 2))
        {
            var who = words[0].EndsWith("-noawait", StringComparison.Ordinal) ? package + "/noawait" : package;
            if (!words[0].StartsWith("interest", StringComparison.Ordinal))
            {
                continue;
            }
            var path = words[1].StartsWith('/');
            // A name becomes one of a file.
            if (!path && (words[1].StartsWith('.') || words[1].Contains('/', StringComparison.Ordinal) || words[1] == "File"))
            {
                throw new BoltException(PackageErrors.BadPackage(package, $"`{words[1]}` is no name of a trigger"));
            }
            var file = path ? "File" : words[1];
            if (!triggers.TryGetValue(file, out var lines))
            {
                triggers[file] = lines = new StringBuilder();
            }
            lines.Append(path ? $"{words[1]} {who}\n" : who + "\n");
        }
    }

    private void Add(string path, byte[] content, bool program = false) =>
        entries.Add(new LayerEntry.Bytes(Root + path, 0, 0, program ? 0x1ed : 0x1a4, content));
}
