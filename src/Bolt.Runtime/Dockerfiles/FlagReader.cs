using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;
using Bolt.Boltfiles;
using Bolt.Diagnostics;

namespace Bolt.Dockerfiles;

/// <summary>The flags between an instruction's name and its arguments. Each is asked for once; the rest is refused.</summary>
internal sealed partial class FlagReader
{
    private readonly DockerLine line;
    private readonly string keyword;
    private readonly List<Diagnostic> found;
    private readonly List<(string Name, DockerWord? Value, SourceSpan At)> flags = [];
    private readonly HashSet<string> known = new(StringComparer.Ordinal);

    public FlagReader(DockerLine line, string keyword, int from, char escape, List<Diagnostic> found)
    {
        (this.line, this.keyword, this.found) = (line, keyword, found);
        var words = keyword is "ENV" or "LABEL" or "ARG" or "MAINTAINER" or "ONBUILD" ? [] : DockerScan.Quoted(line.Text, from, escape, flagsOnly: true);
        End = words is [.., var last] ? last.Offset + last.Text.Length : from;
        foreach (var word in words.Where(w => w.Text != "--"))
        {
            var equals = word.Text.IndexOf('=');
            var name = equals < 0 ? word.Text[2..] : word.Text[2..equals];
            var value = equals < 0 ? null : new DockerWord(word.Text[(equals + 1)..], line.Span(word.Offset + equals + 1, word.Text.Length - equals - 1));
            flags.Add((name, value, line.Span(word.Offset, equals < 0 ? word.Text.Length : equals)));
        }
    }

    /// <summary>Where the arguments begin.</summary>
    public int End { get; }

    /// <summary>Its value; null when it is not given, or wrongly.</summary>
    public DockerWord? Word(string name)
    {
        known.Add(name);
        var given = flags.Where(f => f.Name == name).ToList();
        if (given.Count > 1)
        {
            found.Add(DockerfileErrors.RepeatedFlag(given[1].At, "--" + name));
        }
        if (given is [{ Value: null or { Raw: "" } }, ..])
        {
            found.Add(DockerfileErrors.BadFlag(given[0].At, "--" + name, "has no value", $"write `--{name}=…`"));
            return null;
        }
        return given is [var first, ..] ? first.Value : null;
    }

    public IEnumerable<DockerWord> All(string name)
    {
        known.Add(name);
        foreach (var flag in flags.Where(f => f.Name == name))
        {
            if (flag.Value is { Raw.Length: > 0 } value)
            {
                yield return value;
                continue;
            }
            found.Add(DockerfileErrors.BadFlag(flag.At, "--" + name, "has no value", $"write `--{name}=…`"));
        }
    }

    public bool? Switch(string name)
    {
        known.Add(name);
        var given = flags.Where(f => f.Name == name).ToList();
        if (given is not [var flag, ..])
        {
            return null;
        }
        if (flag.Value is null)
        {
            return true;
        }
        if (!bool.TryParse(flag.Value.Raw, out var on))
        {
            found.Add(DockerfileErrors.BadFlag(flag.Value.At, flag.Value.Raw, "is neither true nor false", $"write `--{name}`"));
        }
        return on;
    }

    public TimeSpan? Time(string name)
    {
        if (Word(name) is not { } word)
        {
            return null;
        }
        if (ReadTime(word.Raw) is { } time)
        {
            return time;
        }
        found.Add(DockerfileErrors.BadTime(word.At, "--" + name, word.Raw));
        return null;
    }

    /// <summary>Whatever nobody asked for.</summary>
    public void RefuseOthers()
    {
        foreach (var flag in flags.Where(f => !known.Contains(f.Name)))
        {
            var meant = Spelling.Nearest(flag.Name, known);
            found.Add(DockerfileErrors.UnknownFlag(flag.At, keyword, "--" + flag.Name, meant is null ? null : "--" + meant));
        }
    }

    /// <summary>Go's form: "1m30s", "500ms".</summary>
    public static TimeSpan? ReadTime(string text)
    {
        if (text == "0")
        {
            return TimeSpan.Zero;
        }
        if (!Duration().IsMatch(text))
        {
            return null;
        }
        var seconds = DurationPart().Matches(text).Sum(m => double.Parse(m.Groups[1].ValueSpan, CultureInfo.InvariantCulture) * m.Groups[2].Value switch
        {
            "h" => 3600,
            "m" => 60,
            "s" => 1,
            "ms" => 1e-3,
            "us" or "µs" => 1e-6,
            _ => 1e-9,
        });
        return seconds < 1e9 ? TimeSpan.FromSeconds(seconds) : null;
    }

    [GeneratedRegex(@"^(\d+(\.\d+)?(h|ms|us|µs|ns|m|s))+$")]
    private static partial Regex Duration();

    [GeneratedRegex(@"(\d+(?:\.\d+)?)(h|ms|us|µs|ns|m|s)")]
    private static partial Regex DurationPart();
}
