using System.Globalization;
using Bolt.Boltfiles;
using Bolt.Diagnostics;

namespace Bolt.Dockerfiles;

/// <summary>The value of <c>RUN --mount=</c>: comma-separated pairs, some values in quotes.</summary>
internal sealed class MountReader(DockerWord flag, char escape, List<Diagnostic> found)
{
    private static readonly string[] Types = ["bind", "cache", "tmpfs", "secret", "ssh"];

    private readonly Dictionary<string, DockerWord> pairs = new(StringComparer.Ordinal);
    private readonly HashSet<string> asked = new(StringComparer.Ordinal) { "type" };

    /// <summary>Null with a finding.</summary>
    public DockerMount? Read()
    {
        var before = found.Count;
        Split();
        var type = pairs.GetValueOrDefault("type")?.Raw ?? "bind";
        var mount = type switch
        {
            "bind" => Bind(),
            "cache" => Cache(),
            "tmpfs" => Target() is { } target ? new DockerMount.Tmpfs(flag.At, target, Size()) : null,
            "secret" => Secret(),
            "ssh" => new DockerMount.Ssh(flag.At, Take("id")?.Raw ?? "default", Alias("target"), Switch("required"), Octal("mode", 0x180), Number("uid"), Number("gid")),
            _ => (DockerMount?)null,
        };
        if (!Types.Contains(type))
        {
            Bad(type, "is no kind of mount", $"write `{Spelling.Nearest(type, Types) ?? "bind"}`; there are {string.Join(", ", Types)}");
            return null;
        }
        foreach (var (key, word) in pairs.Where(p => !asked.Contains(p.Key)))
        {
            found.Add(DockerfileErrors.BadMount(word.At, key, $"is nothing for `type={type}`", Spelling.Nearest(key, asked) is { } meant ? $"write `{meant}`" : "remove it"));
        }
        return found.Count == before ? mount : null;
    }

    private DockerMount.Bind? Bind()
    {
        var (from, source, writable) = (Take("from"), Take("source", "src"), Switch("rw", "readwrite"));
        Switch("ro", "readonly");
        return Target() is { } target ? new DockerMount.Bind(flag.At, from, source ?? new DockerWord("/", flag.At), target, writable) : null;
    }

    private DockerMount.Cache? Cache()
    {
        if (Take("from") is { } from)
        {
            found.Add(DockerfileErrors.Refused(from.At, "a cache that begins with files of a stage", "it would depend on which build came first", "copy them in the command when the folder is empty"));
        }
        asked.Add("source");
        var sharing = Take("sharing") ?? new DockerWord("shared", flag.At);
        if (!Enum.TryParse<CacheSharing>(sharing.Raw, ignoreCase: true, out var kind) || char.IsDigit(sharing.Raw[0]))
        {
            Bad(sharing.Raw, "is no way of sharing", "write `shared`, `private` or `locked`");
        }
        var (id, readOnly, mode, uid, gid) = (Take("id"), Switch("ro", "readonly"), Octal("mode", 0x1ED), Number("uid"), Number("gid"));
        return Target() is { } target ? new DockerMount.Cache(flag.At, id, target, kind, readOnly, mode, uid, gid) : null;
    }

    private DockerMount.Secret? Secret()
    {
        var (id, target, variable) = (Take("id"), Alias("target"), Take("env"));
        var (required, mode, uid, gid) = (Switch("required"), Octal("mode", 0x100), Number("uid"), Number("gid"));
        id ??= target is null ? null : target with { Raw = target.Raw[(target.Raw.LastIndexOf('/') + 1)..] };
        if (id is null)
        {
            Bad("type=secret", "has no id", "write `--mount=type=secret,id=NAME`");
            return null;
        }
        return new DockerMount.Secret(flag.At, id, target, variable?.Raw, required, mode, uid, gid);
    }

    private void Split()
    {
        for (var start = 0; start < flag.Raw.Length;)
        {
            var end = start;
            for (var quoted = false; end < flag.Raw.Length && (quoted || flag.Raw[end] != ','); end++)
            {
                quoted ^= flag.Raw[end] == '"';
            }
            var part = flag.Raw[start..end];
            var equals = part.IndexOf('=');
            var key = (equals < 0 ? part : part[..equals]).Trim('"').ToLowerInvariant();
            var value = equals < 0 ? "" : part[(equals + 1)..].Trim('"');
            var at = flag.At with { Column = flag.At.Column + start, Length = Math.Max(1, part.Length) };
            if (!pairs.TryAdd(key, new DockerWord(value, at)))
            {
                found.Add(DockerfileErrors.RepeatedFlag(at, key));
            }
            if (new DockerExpansion(escape, _ => "x") is var expansion && expansion.Expand(value) is null)
            {
                found.Add(DockerfileErrors.BadSubstitution(at, expansion.Problem!));
            }
            start = end + 1;
        }
    }

    private DockerWord? Target()
    {
        var target = Alias("target");
        if (target is null)
        {
            Bad(flag.Raw, "has no target", "add `target=/folder`");
        }
        return target;
    }

    private DockerWord? Alias(string name) => name == "target" ? Take("target", "dst", "destination") : Take(name);

    private DockerWord? Take(params string[] names)
    {
        asked.UnionWith(names);
        return names.Select(n => pairs.GetValueOrDefault(n)).FirstOrDefault(w => w is { Raw.Length: > 0 });
    }

    private bool Switch(params string[] names)
    {
        asked.UnionWith(names);
        var word = names.Select(n => pairs.GetValueOrDefault(n)).FirstOrDefault(w => w is not null);
        if (word is null)
        {
            return false;
        }
        if (word.Raw.Length == 0 || word.Raw is "1")
        {
            return true;
        }
        if (!bool.TryParse(word.Raw, out var on) && word.Raw != "0")
        {
            found.Add(DockerfileErrors.BadMount(word.At, word.Raw, "is neither true nor false", $"write `{names[0]}`"));
        }
        return on;
    }

    private uint Octal(string name, uint otherwise)
    {
        if (Take(name) is not { } word)
        {
            return otherwise;
        }
        if (word.Raw.Length is > 0 and <= 5 && word.Raw.All(c => c is >= '0' and <= '7'))
        {
            return Convert.ToUInt32(word.Raw, 8) & 0xFFF;
        }
        found.Add(DockerfileErrors.BadMount(word.At, word.Raw, "is no mode", "write octal digits, like `0755`"));
        return otherwise;
    }

    private uint Number(string name)
    {
        if (Take(name) is not { } word)
        {
            return 0;
        }
        if (!uint.TryParse(word.Raw, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            found.Add(DockerfileErrors.BadMount(word.At, word.Raw, "is no number", $"write `{name}=1000`"));
        }
        return number;
    }

    private long Size()
    {
        if (Take("size") is not { } word)
        {
            return 0;
        }
        var digits = word.Raw.TrimEnd('b', 'B', 'k', 'K', 'm', 'M', 'g', 'G', 'i', 'I');
        var shift = char.ToLowerInvariant(word.Raw[digits.Length..].FirstOrDefault('b')) switch { 'k' => 10, 'm' => 20, 'g' => 30, _ => 0 };
        if (long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var size) && size < 1L << 32)
        {
            return size << shift;
        }
        found.Add(DockerfileErrors.BadMount(word.At, word.Raw, "is no size", "write `64m` or `1g`"));
        return 0;
    }

    private void Bad(string part, string problem, string fix) => found.Add(DockerfileErrors.BadMount(flag.At, part, problem, fix));
}
