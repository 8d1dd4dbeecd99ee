using System.Collections.Immutable;
using Bolt.Diagnostics;

namespace Bolt.Packages;

/// <summary>Reads /etc/apt/sources.list and sources.list.d: the one-line form and deb822 (sources.list(5)).</summary>
/// <param name="root">"/" or a folder that stands for it.</param>
internal sealed class AptSources(string root)
{
    private readonly ImmutableArray<string> trusted = KeyFiles(root);

    public ImmutableArray<ArchiveSource> Read()
    {
        var sources = ImmutableArray.CreateBuilder<ArchiveSource>();
        var folder = Path.Combine(root, "etc/apt");
        if (File.Exists(Path.Combine(folder, "sources.list")))
        {
            sources.AddRange(ReadLines(Path.Combine(folder, "sources.list")));
        }
        var parts = Path.Combine(folder, "sources.list.d");
        var files = Directory.Exists(parts) ? Directory.GetFiles(parts) : [];
        foreach (var file in files.Order(StringComparer.Ordinal))
        {
            sources.AddRange(Path.GetExtension(file) switch
            {
                ".list" => ReadLines(file),
                ".sources" => ReadStanzas(file),
                _ => [],
            });
        }
        return sources.ToImmutable();
    }

    // deb [arch=amd64 signed-by=/usr/share/keyrings/x.gpg] http://deb.debian.org/debian bookworm main contrib
    private IEnumerable<ArchiveSource> ReadLines(string file)
    {
        foreach (var (line, index) in File.ReadLines(file).Select((l, i) => (Uncommented(l), i)))
        {
            if (!line.StartsWith("deb ", StringComparison.Ordinal) && !line.StartsWith("deb\t", StringComparison.Ordinal))
            {
                continue;
            }
            var at = $"{file}:{index + 1}";
            var rest = line[4..].Trim();
            var options = "";
            if (rest.StartsWith('['))
            {
                var close = rest.IndexOf(']');
                if (close < 0)
                {
                    throw new BoltException(PackageErrors.BadSource(at, "its options are not closed by `]`"));
                }
                (options, rest) = (rest[1..close], rest[(close + 1)..]);
            }
            var words = Words(rest);
            if (words.Length < 2)
            {
                throw new BoltException(PackageErrors.BadSource(at, "it has no suite"));
            }
            yield return Source(words[0], words[1], words[2..],
                Words(Option(options, "arch").Replace(',', ' ')), Option(options, "signed-by").Replace(',', ' '), at);
        }
    }

    private IEnumerable<ArchiveSource> ReadStanzas(string file)
    {
        foreach (var stanza in ControlFile.Stanzas(File.ReadLines(file)))
        {
            string Field(string name) => stanza.GetValueOrDefault(name, "");
            if (!Words(Field("Types")).Contains("deb") || Field("Enabled").Trim() is "no" or "false" or "0")
            {
                continue;
            }
            foreach (var uri in Words(Field("URIs")))
            {
                foreach (var suite in Words(Field("Suites")))
                {
                    yield return Source(uri, suite, Words(Field("Components")), Words(Field("Architectures")), Field("Signed-By"), file);
                }
            }
        }
    }

    private ArchiveSource Source(
        string uri, string suite, ImmutableArray<string> components, ImmutableArray<string> architectures, string signedBy, string at) =>
        new(uri.TrimEnd('/'), suite, components, architectures, Keys(signedBy), at);

    private KeySource Keys(string signedBy)
    {
        if (signedBy.Contains("-----BEGIN", StringComparison.Ordinal))
        {
            return new KeySource.Armored(string.Join('\n', signedBy.Split('\n').Select(l => l.Trim() is "." ? "" : l.Trim())));
        }
        var words = Words(signedBy);
        if (words.IsEmpty)
        {
            return new KeySource.Files(trusted);
        }
        return words[0].StartsWith('/')
            ? new KeySource.Files([.. words.Select(w => Path.Combine(root, w.TrimStart('/')))])
            : new KeySource.Fingerprints([.. words.Select(w => w.TrimEnd('!').ToUpperInvariant())], trusted);
    }

    private static string Option(string options, string name) =>
        Words(options).Select(o => o.Split('=', 2)).FirstOrDefault(o => o.Length == 2 && o[0] == name)?[1] ?? "";

    private static string Uncommented(string line) =>
        (line.IndexOf('#') is var hash and >= 0 ? line[..hash] : line).Trim();

    private static ImmutableArray<string> Words(string text) =>
        [.. text.Split([' ', '\t', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries)];

    private static ImmutableArray<string> KeyFiles(string root) =>
    [
        .. new[] { "etc/apt/trusted.gpg.d", "usr/share/keyrings" }
            .Select(f => Path.Combine(root, f))
            .Where(Directory.Exists)
            .SelectMany(Directory.GetFiles)
            .Where(f => Path.GetExtension(f) is ".gpg" or ".asc" && !f.Contains("removed", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal),
    ];
}
